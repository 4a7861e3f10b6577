import type {BatchMatMulAttrs, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import type {RuleFamily} from '../rule.js';
import {bilinear, fused} from '../rule-constructors.js';
import type {VmapRule} from '../runner.js';
import {fold} from '../vmap.js';

/** If one operand is lifted, its probes become rows, columns or the batch of the product, whichever moves the least data. */
const vmapOfProduct: VmapRule<BatchMatMulAttrs> = (inputs, lifted, attrs, k) => {
  const a = inputs.a!;
  const b = inputs.b!;
  const [aLifted, bLifted] = [lifted.includes('a'), lifted.includes('b')];
  if (aLifted && bLifted) return null;
  const [probes, shared] = aLifted ? [a, b] : [b, a];
  const outer = probes.shape.slice(1, -2);
  if ([...outer, ...shared.shape.slice(0, -2)].some(d => d !== 1)) return betweenBatches(inputs, aLifted, attrs, k);
  if (aLifted && !attrs.transposeA) {
    // [k, m, n] · [n, p]: the rows of all probes are stacked.
    const [m, n] = a.shape.slice(-2) as [number, number];
    const matrix = tf.reshape(shared, shared.shape.slice(-2));
    const [y] = runKernel('BatchMatMul', {a: tf.reshape(a, [k * m, n]), b: matrix}, attrs);
    return [tf.reshape(y!, [k, ...outer, m, y!.shape.at(-1)!])];
  }
  const stack = (x: Tensor) => tf.reshape(x, [k, ...x.shape.slice(-2)]);
  const one = tf.reshape(shared, [1, ...shared.shape.slice(-2)]);
  const [y] = runKernel('BatchMatMul', aLifted ? {a: stack(a), b: one} : {a: one, b: stack(b)}, attrs);
  return [tf.reshape(y!, [k, ...outer, ...y!.shape.slice(-2)])];
};

/** A batch of products: probes of a become rows, probes of b columns. */
function betweenBatches(
  inputs: Readonly<Record<string, Tensor>>,
  aLifted: boolean,
  attrs: BatchMatMulAttrs,
  k: number,
): Tensor[] {
  const rank = inputs[aLifted ? 'b' : 'a']!.rank;
  const rows = rank - 2;
  const columns = rank - 1;
  const product = aLifted
    ? fold<BatchMatMulAttrs>('BatchMatMul', attrs.transposeA ? columns : rows, rows)
    : fold<BatchMatMulAttrs>('BatchMatMul', attrs.transposeB ? rows : columns, columns);
  return product(inputs, [aLifted ? 'a' : 'b'], attrs, k)!;
}

export const matrixProductRules: RuleFamily = {
  BatchMatMul: bilinear('a', 'b', {vmap: vmapOfProduct}),
  _FusedMatMul: fused('a', 'b'),
};
