import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../engine-access.js';
import type {RuleFamily} from '../rule.js';
import {bilinear, fused} from '../rule-constructors.js';
import type {BatchRule} from '../runner.js';

/** One operand is lifted: its probes become rows where they can, and the batch of the product otherwise. */
const batchedProduct: BatchRule = (inputs, lifted, attrs, k) => {
  const a = inputs.a!;
  const b = inputs.b!;
  const [aLifted, bLifted] = [lifted.includes('a'), lifted.includes('b')];
  if (aLifted && bLifted) return null;
  const shared = aLifted ? b : a;
  // A batch of shared matrices and a batch of probes at once: no single product does that.
  if (shared.rank > 2 && shared.shape.slice(0, -2).some(d => d !== 1)) return null;
  const outer = (aLifted ? a : b).shape.slice(1, -2);
  if (outer.some(d => d !== 1)) return null;
  const matrix = (x: Tensor) => tf.reshape(x, x.shape.slice(-2));
  if (aLifted && attrs.transposeA !== true) {
    // [k, m, n] · [n, p]: rows of all probes one under the other.
    const [m, n] = a.shape.slice(-2) as [number, number];
    const [y] = runKernel('BatchMatMul', {a: tf.reshape(a, [k * m, n]), b: matrix(shared)}, attrs);
    return [tf.reshape(y!, [k, ...outer, m, y!.shape.at(-1)!])];
  }
  const stack = (x: Tensor) => tf.reshape(x, [k, ...x.shape.slice(-2)]);
  const one = tf.reshape(shared, [1, ...shared.shape.slice(-2)]);
  const [y] = runKernel('BatchMatMul', aLifted ? {a: stack(a), b: one} : {a: one, b: stack(b)}, attrs);
  return [tf.reshape(y!, [k, ...outer, ...y!.shape.slice(-2)])];
};

export const matrixProductRules: RuleFamily = {
  BatchMatMul: bilinear('a', 'b', {batch: batchedProduct}),
  _FusedMatMul: fused('a', 'b'),
};
