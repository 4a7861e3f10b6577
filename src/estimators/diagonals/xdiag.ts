import * as tf from '@tensorflow/tfjs-core';
import {Matrix} from 'ml-matrix';
import {deriveSeed} from '../../random.js';
import type {Products} from '../products/products.js';
import {RANGE, widening} from '../traces/leave-one-out.js';
import {RangeSketch} from '../traces/range-sketch.js';
import type {DiagonalEstimate} from './diagonal-estimate.js';

/**
 * XDiag: each of m vectors of random signs is left out of the sketch in turn, and estimates what the sketch of the others misses:
 *
 *   d_i = diag(Q_i Q_iᵀ A) + ω_i ∘ (I − Q_i Q_iᵀ) A ω_i,   Q_i = orth(A Ω without column i)
 *
 * and their mean is the estimate. Two products for each vector: A Ω and A Q. In units of A. Memory: about 18 m vectors.
 *
 * Source: Epperly, Tropp & Webber (2024), algorithm 4. The error is ours (`leave-one-out.ts`), for each entry.
 */
export async function xdiag(products: Products, probes: number, seed: number): Promise<DiagonalEstimate> {
  const sketch = new RangeSketch(products, {seed: deriveSeed(seed, 'xdiag'), distribution: 'rademacher'});
  try {
    await sketch.extendTo(probes);
    const {scale, count} = products;
    return tf.tidy(() => {
      const {value, standardError} = estimateFrom(sketch, products.size);
      return {
        value: tf.mul<tf.Tensor1D>(value, scale),
        standardError: tf.mul<tf.Tensor1D>(standardError, scale),
        probes: count,
      };
    });
  } finally {
    sketch.dispose();
  }
}

/**
 * With the directions s that the sketch loses (`RangeSketch.lostDirections`), q = Q s, z = A Q s and ρ = sᵀ Qᵀ A ω,
 *
 *   d_j = diag(Q Qᵀ A) − q_j ∘ z_j + ρ_j ω_j ∘ q_j
 *
 * Without i too, the sketch loses the span of s_i and s_j. With c = s_i · s_j and g = 1 / (1 − c²),
 *
 *   d_ji = diag(Q Qᵀ A) − g (q_j ∘ z_j + q_i ∘ z_i − c (q_j ∘ z_i + q_i ∘ z_j)) + g ρ_j ω_j ∘ (q_j − c q_i)
 */
function estimateFrom(sketch: RangeSketch, size: number): {value: tf.Tensor1D; standardError: tf.Tensor1D} {
  const {basis, omega, images, R} = sketch;
  const m = R.length;
  const unknown = m === 1 ? Number.NaN : 0;
  if (!omega || !images) return {value: tf.zeros([size]), standardError: tf.fill([size], unknown)};
  const q = basis.toTensor();
  const captured = tf.sum<tf.Tensor1D>(tf.mul(q, images), 0);
  const lost = sketch.lostDirections();
  // The sketch holds the whole range of A.
  if (lost === null) return {value: captured, standardError: tf.fill([size], unknown)};
  const combined = (rows: tf.Tensor2D): tf.Tensor2D => tf.matMul(tf.tensor2d(lost.to2DArray()), rows);
  const [qs, zs] = [combined(q), combined(images)];
  const rho = R.map((row, j) => row.reduce((sum, x, i) => sum + x * lost.get(j, i), 0));
  const tests = tf.mul(tf.tensor2d(rho, [m, 1]), omega) as tf.Tensor2D;
  const [own, tested] = [tf.mul(qs, zs) as tf.Tensor2D, tf.mul(tests, qs) as tf.Tensor2D];
  const one = tf.sub(tested, own) as tf.Tensor2D;
  const value = tf.add<tf.Tensor1D>(captured, tf.mean(one, 0));
  if (m === 1) return {value, standardError: tf.fill([size], Number.NaN)};
  const spread = tf.div(scatter(one), m * (m - 1));
  if (m === 2) return {value, standardError: tf.mul(tf.sqrt(spread), widening(m, RANGE))};

  const c = lost.mmul(lost.transpose());
  const pairs = (of: (c: number) => number): tf.Tensor2D =>
    tf.tensor2d(
      Matrix.eye(m)
        .to2DArray()
        .map((row, i) => row.map((_, j) => (i === j ? 0 : of(c.get(i, j)) / (m - 1)))),
    );
  const g = (x: number): number => 1 / Math.max(1 - x * x, PARALLEL);
  const [weights, crossed] = [pairs(g), pairs(x => g(x) * x)];
  // T_i − diag(Q Qᵀ A), the mean of d_ji over j ≠ i.
  const without = tf.addN<tf.Tensor2D>([
    tf.matMul(weights, one),
    tf.neg(tf.mul(tf.sum(weights, 1, true), own)),
    tf.mul(zs, tf.matMul(crossed, qs)),
    tf.mul(qs, tf.matMul(crossed, tf.sub<tf.Tensor2D>(zs, tests))),
  ]);
  const jackknife = tf.mul(scatter(without), (m - 1) / m);
  // Of each variance its root first, which float32 holds.
  const error = tf.mul(
    tf.pow(tf.sqrt(spread), 1 - RANGE.jackknife),
    tf.pow(tf.sqrt(jackknife), RANGE.jackknife),
  ) as tf.Tensor1D;
  return {value, standardError: tf.mul(error, widening(m, RANGE))};
}

/** Directions that are as parallel as this are one. */
const PARALLEL = 1e-6;

/** Σ_i (x_i − x)² over the rows, for each column. */
function scatter(rows: tf.Tensor2D): tf.Tensor1D {
  return tf.sum(tf.square(tf.sub(rows, tf.mean(rows, 0, true))), 0);
}
