import * as tf from '@tensorflow/tfjs-core';
import {probeVector} from '../../random.js';
import {blockRows} from './products.js';

/** Maps the rows of V to those of A V; the caller owns the result. */
export type Multiply = (rows: tf.Tensor2D) => Promise<tf.Tensor2D>;

/** The probes `from … from + count − 1` of a seed, `[count, size]`; the caller owns them. */
export function probeRows(
  seed: number,
  from: number,
  count: number,
  size: number,
  distribution: 'rademacher' | 'gaussian' = 'rademacher',
): tf.Tensor2D {
  const values = new Float32Array(count * size);
  for (let i = 0; i < count; i++) values.set(probeVector(seed, from + i, size, distribution), i * size);
  return tf.tensor2d(values, [count, size]);
}

/** Which probes of which seed an operator is multiplied with. */
export interface ProbeBlocks {
  readonly multiply: Multiply;
  readonly size: number;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Multiplies the Rademacher probes `from … to − 1` in blocks, and shows each block V `[c, size]` with A V to `visit`.
 *
 * `visit` must not keep either tensor.
 */
export async function eachProbeBlock(
  {multiply, size, seed, from, to}: ProbeBlocks,
  visit: (v: tf.Tensor2D, product: tf.Tensor2D) => Promise<void>,
): Promise<void> {
  for (let done = from; done < to; ) {
    const count = blockRows(size, to - done);
    const v = tf.keep(probeRows(seed, done, count, size));
    let product: tf.Tensor2D | null = null;
    try {
      product = tf.keep(await multiply(v));
      await visit(v, product);
    } finally {
      v.dispose();
      product?.dispose();
    }
    done += count;
  }
}
