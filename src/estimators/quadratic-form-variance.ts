// How far vᵀ A v scatters, from the vectors v ∘ A v rather than from the few numbers that they add up to.
//
// For Rademacher v and symmetric A, let g = v ∘ A v, so that vᵀ A v = Σ_i g_i. Then Cov(g_i, g_j) = a_ij² for i ≠ j and
// Var(g_i) = Σ_{j≠i} a_ij²; hence
//
//   Var(vᵀ A v) = 2 Σ_{i≠j} a_ij² = 2 Σ_i Var(g_i)
//
// and twice the sum of the coordinates' sample variances is an unbiased estimate of it that averages over n coordinates. It
// is useful from two probes on, where the sample variance of two numbers says next to nothing, and it is zero, as it should
// be, for a diagonal A.

import * as tf from '@tensorflow/tfjs-core';
import {NORMAL_95, studentQuantile} from '../metrics/student-t.js';
import {notFinite} from './products.js';

/** Collects g = v ∘ A v of Rademacher probes. Owns a tensor or two of length n: call `dispose`. */
export class QuadraticFormVariance {
  count = 0;
  private reference: tf.Tensor2D | null = null;
  private sum: tf.Tensor1D | null = null;
  private squares = 0;

  /** Adds the rows of g, `[c, n]`. One read. */
  async add(g: tf.Tensor2D): Promise<void> {
    // Differences to the first probe's g: they are exactly 0 where all probes agree, and small numbers otherwise.
    this.reference ??= tf.tidy(() => tf.keep(tf.slice(g, [0, 0], [1, -1])));
    const reference = this.reference;
    const [sum, squares] = tf.tidy(() => {
      const shifted = tf.sub(g, reference);
      const added = tf.sum(shifted, 0) as tf.Tensor1D;
      return [
        tf.keep(this.sum ? tf.add(this.sum, added) : added),
        tf.keep(tf.sum(tf.sum(tf.mul(shifted, shifted), 1))),
      ];
    });
    this.sum?.dispose();
    this.sum = sum;
    try {
      this.squares += (await squares.data())[0]!;
    } finally {
      squares.dispose();
    }
    this.count += g.shape[0];
  }

  /** An unbiased estimate of Var(vᵀ A v), or `null` for fewer than two probes. One read. */
  async variance(): Promise<number | null> {
    const {sum, count} = this;
    if (!sum || count < 2) return null;
    const norm = tf.tidy(() => tf.sum(tf.mul(sum, sum)));
    try {
      const scatter = this.squares - (await norm.data())[0]! / count;
      if (!Number.isFinite(scatter)) throw notFinite();
      return (2 * Math.max(0, scatter)) / (count - 1);
    } finally {
      norm.dispose();
    }
  }

  dispose(): void {
    this.reference?.dispose();
    this.sum?.dispose();
    this.reference = null;
    this.sum = null;
  }
}

/**
 * The standard error of a mean of `count` numbers of variance `variance`, where the variance itself is an estimate with
 * `degrees` degrees of freedom: widened so that `value ± 1.96 standardError` is a 95 % interval (Student, 1908).
 */
export function calibratedError(variance: number, count: number, degrees: number): number {
  return (Math.sqrt(variance / count) * studentQuantile(Math.max(1, degrees))) / NORMAL_95;
}

/**
 * Degrees of freedom of the variance estimate above: about N (Σ λ²)² / Σ λ⁴ for N probes.
 *
 * Many comparable eigenvalues make it large; a single dominant one leaves N.
 */
export function degreesOfFreedom(count: number, squares: number, fourthPowers: number): number {
  if (!(fourthPowers > 0)) return Number.POSITIVE_INFINITY;
  return Math.max(count, (count * squares * squares) / fourthPowers);
}
