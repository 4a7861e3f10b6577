// Eigenvalues at both ends of the spectrum from several Krylov spaces.
//
// A run has at most one copy of a repeated eigenvalue; the outermost Ritz vectors of all runs together have as many
// as there are runs. A Rayleigh–Ritz step over all of them costs no product, because A y is known for each:
//
//   y = Q s,  T s = θ s   ⇒   A y = θ y + (β_m s_m) q_{m+1}

import * as tf from '@tensorflow/tfjs-core';
import {turnIfDue} from '../../event-loop.js';
import type {RitzValue} from '../../metrics/records.js';
import {ROUNDING_FLOOR} from '../linalg/float32.js';
import {symmetricEigen} from '../linalg/symmetric-eigen.js';
import type {LanczosResult} from './lanczos.js';

/** Below this eigenvalue of the Gram matrix, two runs have found the same Ritz vector. */
const DEPENDENT = 1e-3;

/** The outermost Ritz vectors of some Lanczos runs. Owns tensors: call `dispose`. */
export class RitzEnds {
  /** θ of each vector. */
  private readonly values: number[] = [];
  /** β_m s_m of each vector, and which row of `next` it multiplies. */
  private readonly tails: {readonly weight: number; readonly next: number}[] = [];
  private readonly vectors: tf.Tensor2D[] = [];
  private readonly nexts: tf.Tensor2D[] = [];
  private nextCount = 0;
  /** The largest ‖A q‖ or |θ| seen. */
  norm = 0;
  /** The asymmetry of the runs' products. */
  private asymmetry = 0;

  constructor(private readonly k: number) {}

  /**
   * Copies what is needed from a group of runs: at most 2 (k + 2) vectors a run. Their basis may be disposed of afterwards.
   */
  add({runs, basis}: LanczosResult): void {
    const coefficients: number[][][] = [];
    runs.forEach(({ritz: {values, vectors}, residual, norm, asymmetry}, run) => {
      const m = values.length;
      const chosen = values.map((_, i) => i).filter(i => i < this.k + 2 || i >= m - this.k - 2);
      coefficients.push(chosen.map(i => vectors[i]!));
      for (const i of chosen) {
        this.values.push(values[i]!);
        this.tails.push({weight: residual * vectors[i]![m - 1]!, next: this.nextCount + run});
      }
      this.norm = Math.max(this.norm, norm, Math.abs(values[0]!), Math.abs(values[m - 1]!));
      this.asymmetry = Math.max(this.asymmetry, asymmetry);
    });
    this.nextCount += runs.length;
    this.vectors.push(basis.combine(coefficients));
    this.nexts.push(basis.following());
  }

  /**
   * The k outermost Ritz values at either end, best first, with residuals ‖A y − θ y‖. Two reads.
   *
   * @param wantVectors whether to return the Ritz vectors of `largest` as rows, in no order; the caller owns them.
   */
  async solve(
    wantVectors = false,
  ): Promise<{largest: RitzValue[]; smallest: RitzValue[]; topVectors: tf.Tensor2D | null}> {
    const count = this.values.length;
    const [vectors, nexts] = tf.tidy(() => [
      tf.keep(tf.concat<tf.Tensor2D>(this.vectors, 0)),
      tf.keep(tf.concat<tf.Tensor2D>(this.nexts, 0)),
    ]) as [tf.Tensor2D, tf.Tensor2D];
    let gramTensor: tf.Tensor2D | null = null;
    let report: tf.Tensor2D | null = null;
    let topVectors = null as tf.Tensor2D | null;
    try {
      await turnIfDue();
      gramTensor = tf.tidy(() => tf.keep(tf.matMul(vectors, tf.concat<tf.Tensor2D>([vectors, nexts], 0), false, true)));
      const flat = await gramTensor.data();
      const width = count + this.nextCount;
      const gram = (i: number, j: number): number => flat[i * width + j]!;
      const {thetas, combinations} = this.rayleighRitz(gram);

      const wanted = Math.min(this.k, thetas.length);
      const chosen = [
        ...Array.from({length: wanted}, (_, i) => thetas.length - 1 - i),
        ...Array.from({length: wanted}, (_, i) => i),
      ];
      const own = chosen.map(c => combinations[c]!);
      // r = A y − θ y = Σ c_i (θ_i − θ) y_i + Σ c_i β_m s_m q_{m+1}
      const inside = chosen.map((c, row) => own[row]!.map((x, i) => x * (this.values[i]! - thetas[c]!)));
      const outside = own.map(row => {
        const sums = new Array<number>(this.nextCount).fill(0);
        row.forEach((x, i) => {
          sums[this.tails[i]!.next]! += x * this.tails[i]!.weight;
        });
        return sums;
      });
      await turnIfDue();
      report = tf.tidy(() => {
        const y = tf.matMul(tf.tensor2d(own), vectors);
        if (wantVectors)
          topVectors = tf.keep(tf.slice<tf.Rank.R2, tf.Tensor2D>(y as tf.Tensor2D, [0, 0], [wanted, -1]));
        const r = tf.add(tf.matMul(tf.tensor2d(inside), vectors), tf.matMul(tf.tensor2d(outside), nexts));
        const dot = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sum(tf.mul(a, b), 1, true);
        return tf.keep(tf.concat([dot(y, y), dot(y, r), dot(r, r)], 1) as tf.Tensor2D);
      });
      const numbers = await report.data();
      const pairs = chosen.map((c, row): RitzValue => {
        const [yy, yr, rr] = [numbers[3 * row]!, numbers[3 * row + 1]!, numbers[3 * row + 2]!];
        const amplification = Math.max(1, Math.hypot(...own[row]!));
        const rounding = amplification * (ROUNDING_FLOOR * this.norm + this.asymmetry);
        return {value: thetas[c]! + yr / yy, residual: Math.sqrt(Math.max(0, rr - (yr * yr) / yy) / yy) + rounding};
      });
      return {
        largest: pairs.slice(0, wanted).sort((a, b) => b.value - a.value),
        smallest: pairs.slice(wanted).sort((a, b) => a.value - b.value),
        topVectors,
      };
    } catch (error) {
      topVectors?.dispose();
      throw error;
    } finally {
      for (const tensor of [vectors, nexts, gramTensor, report]) tensor?.dispose();
    }
  }

  /** Eigenvalues of A on the span of the vectors, ascending, and the combinations of vectors that belong to them. */
  private rayleighRitz(gram: (i: number, j: number) => number): {thetas: number[]; combinations: number[][]} {
    const count = this.values.length;
    const rows = (entry: (i: number, j: number) => number): number[][] =>
      Array.from({length: count}, (_, i) => Array.from({length: count}, (_, j) => (entry(i, j) + entry(j, i)) / 2));
    const metric = symmetricEigen(rows(gram));
    const independent = metric.values
      .map((value, i) => ({value, vector: metric.vectors[i]!}))
      .filter(d => d.value > DEPENDENT);
    const frame = independent.map(({value, vector}) => vector.map(x => x / Math.sqrt(value)));
    const projected = rows(
      (i, j) => this.values[j]! * gram(i, j) + this.tails[j]!.weight * gram(i, count + this.tails[j]!.next),
    );
    const images = frame.map(w => projected.map(row => row.reduce((sum, x, j) => sum + x * w[j]!, 0)));
    const small = frame.map(w => images.map(image => w.reduce((sum, x, i) => sum + x * image[i]!, 0)));
    const {values, vectors} = symmetricEigen(small);
    const combinations = vectors.map(s =>
      Array.from({length: count}, (_, i) => frame.reduce((sum, w, j) => sum + s[j]! * w[i]!, 0)),
    );
    return {thetas: values, combinations};
  }

  dispose(): void {
    for (const tensor of [...this.vectors, ...this.nexts]) tensor.dispose();
    this.vectors.length = 0;
    this.nexts.length = 0;
  }
}
