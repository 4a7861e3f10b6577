import type {Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'vitest';
import type {NetworkOperator} from '../../src/operators/linear-operator.js';
import {relativeError} from '../references.js';

/** A vector with entries of size one, the same for the same seed. */
export function probe(size: number, seed: number): Tensor1D {
  return tf.randomNormal<tf.Rank.R1>([size], 0, 1, 'float32', seed);
}

/** H = Hᵀ, and every layer's block is the part of H that lies there: the products of the two share no pass. */
export function expectConsistent(H: NetworkOperator): void {
  tf.tidy(() => {
    const dense = H.matmat(tf.eye(H.size));
    const scale = tf.norm(dense).dataSync()[0]!;
    expect(scale).toBeGreaterThan(0);
    // Float32 sums of the same terms in other orders.
    expect(relativeError(tf.transpose(dense).dataSync(), dense.dataSync())).toBeLessThan(1e-5);
    for (const {name, offset, size} of H.layers) {
      const part = tf.slice(dense as Tensor2D, [offset, offset], [size, size]);
      const block = H.block(name).matmat(tf.eye(size));
      expect(tf.norm(tf.sub(block, part)).dataSync()[0]!).toBeLessThan(2e-6 * scale);
    }
    const v = probe(H.size, 3);
    expect(
      relativeError(H.matvec(v).dataSync(), tf.squeeze(tf.matMul(dense, tf.expandDims(v, 1))).dataSync()),
    ).toBeLessThan(1e-5);
  });
}

/** d/dh f(θ + h v) at 0, by central differences extrapolated from two steps (Richardson 1911). */
export async function alongLine(f: (h: number) => Promise<Float32Array>, h: number): Promise<Float32Array> {
  const [far, near] = [
    [await f(h), await f(-h)],
    [await f(h / 2), await f(-h / 2)],
  ] as const;
  return far[0].map((_, i) => {
    const [wide, narrow] = [(far[0][i]! - far[1][i]!) / (2 * h), (near[0][i]! - near[1][i]!) / h];
    return (4 * narrow - wide) / 3;
  });
}
