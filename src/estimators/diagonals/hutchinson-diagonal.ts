import * as tf from '@tensorflow/tfjs-core';
import {NORMAL_95, studentQuantile} from '../../metrics/statistics/student-t.js';
import {notFinite, readRows} from '../linalg/read-rows.js';
import {eachProbeBlock} from '../products/probe-blocks.js';
import type {Products} from '../products/products.js';
import type {DiagonalEstimate} from './diagonal-estimate.js';

/** The mean of v ∘ A v over Rademacher probes v (Bekas, Kokiopoulou & Saad, 2007), in units of A. One product a probe. */
export async function hutchinsonDiagonal(products: Products, probes: number, seed: number): Promise<DiagonalEstimate> {
  const {size} = products;
  // Sums of differences to the first probe's g = v ∘ A v, which are exactly 0 for a diagonal operator.
  let reference: tf.Tensor2D | null = null;
  let sum: tf.Tensor1D | null = null;
  let squares: tf.Tensor1D | null = null;
  try {
    await eachProbeBlock(
      {multiply: rows => products.multiply(rows), size, seed, from: 0, to: probes},
      async (v, product) => {
        const kept = tf.tidy(() => {
          const g = tf.mul(v, product) as tf.Tensor2D;
          const origin = reference ?? tf.slice(g, [0, 0], [1, -1]);
          const shifted = tf.sub(g, origin);
          const plus = (old: tf.Tensor1D | null, rows: tf.Tensor): tf.Tensor1D => {
            const block = tf.sum<tf.Tensor1D>(rows, 0);
            return tf.keep(old ? tf.add<tf.Tensor1D>(old, block) : block);
          };
          const sums = {sum: plus(sum, shifted), squares: plus(squares, tf.mul(shifted, shifted))};
          return reference ? sums : {...sums, reference: tf.keep(origin)};
        });
        sum?.dispose();
        squares?.dispose();
        ({sum, squares} = kept);
        if ('reference' in kept) reference = kept.reference;
      },
    );
    const [origin, total, totalSquares] = [reference!, sum!, squares!] as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
    const [[check]] = (await readRows(() => tf.reshape(tf.sum(tf.add(tf.abs(total), tf.abs(origin))), [1, 1]))) as [
      [number],
    ];
    if (!Number.isFinite(check)) throw notFinite();
    const {scale} = products;
    const widened = probes > 1 ? studentQuantile(probes - 1) / NORMAL_95 : Number.NaN;
    return tf.tidy(() => {
      const value = tf.mul(tf.add(tf.squeeze(origin, [0]), tf.div(total, probes)), scale) as tf.Tensor1D;
      const scatter = tf.relu(tf.sub(totalSquares, tf.div(tf.square(total), probes)));
      const error = tf.mul(tf.sqrt(scatter), (scale * widened) / Math.sqrt(probes * Math.max(1, probes - 1)));
      return {value, standardError: error as tf.Tensor1D, probes};
    });
  } finally {
    for (const tensor of [reference, sum, squares] as (tf.Tensor | null)[]) tensor?.dispose();
  }
}
