// The mean of vᵀ A v over Rademacher probes and its standard error, from the vectors v ∘ A v rather than from their
// few sums.
//
// For symmetric A let g = v ∘ A v, so that vᵀ A v = Σ_i g_i. Then Cov(g_i, g_j) = a_ij² for i ≠ j, and Var(g_i) =
// Σ_{j≠i} a_ij²; hence
//
//   Var(vᵀ A v) = 2 Σ_{i≠j} a_ij² = 2 Σ_i Var(g_i)
//
// and twice the sum of the coordinates' sample variances is an unbiased estimate of it that averages over n
// coordinates. It is useful from two probes on, while the sample variance of two numbers says next to nothing, and
// it is zero for a diagonal A, as it should be.
//
// The precision of that variance depends on the effective number of eigenvalues: it has about N S² / Σ λ⁴ degrees of
// freedom with N probes, where S = Σ_{i≠j} a_ij². Many comparable eigenvalues give many degrees; a single dominant
// one gives about N − 0.6, by simulation. Σ λ⁴ is E (vᵀ A² v')² for two different probes.

import * as tf from '@tensorflow/tfjs-core';
import type {Estimate} from '../../metrics/records.js';
import {NORMAL_95, studentQuantile} from '../../metrics/statistics/student-t.js';
import {readRows} from '../linalg/read-rows.js';
import {SquaredNorms} from './squared-norms.js';

/** What the degrees of freedom are less than the number of probes if one eigenvalue dominates. */
const LOST_DEGREES = 0.6;

/** Collects Rademacher probes and their products. Owns three tensors of length n: call `dispose`. */
export class QuadraticForms {
  private readonly forms: number[] = [];
  /** g and A v of the first probe. */
  private first: {readonly g: tf.Tensor2D; readonly product: tf.Tensor2D} | null = null;
  /** Σ (g − g_first): exactly 0 if all probes agree, and a sum of small numbers otherwise. */
  private shift: tf.Tensor1D | null = null;
  private squaredShifts = 0;
  private squaredAsymmetries = 0;
  private comparisons = 0;
  private readonly norms: SquaredNorms;

  /** @param size of the operator. */
  constructor(size: number) {
    this.norms = new SquaredNorms(size);
  }

  /** Adds the probes V and their products A V, `[c, n]` each, which stay the caller's. One read. */
  async add(v: tf.Tensor2D, product: tf.Tensor2D): Promise<void> {
    const isFirst = this.first === null;
    if (isFirst) {
      this.first = tf.tidy(() => {
        const row = (x: tf.Tensor2D): tf.Tensor2D => tf.slice(x, [0, 0], [1, -1]);
        return {g: tf.keep(tf.mul(row(v), row(product)) as tf.Tensor2D), product: tf.keep(tf.clone(row(product)))};
      });
    }
    const {g: origin, product: firstProduct} = this.first!;
    const {report, shift} = tf.tidy(() => {
      const g = tf.mul(v, product) as tf.Tensor2D;
      const shifted = tf.sub(g, origin);
      const added = tf.sum<tf.Tensor1D>(shifted, 0);
      const columns = [
        tf.sum(g, 1, true),
        tf.sum(tf.mul(shifted, shifted), 1, true),
        tf.matMul(product, firstProduct, false, true),
        tf.matMul(product, product, false, true),
        ...(v.shape[0] > 1 ? [tf.matMul(v, product, false, true)] : []),
      ];
      return {
        report: tf.keep(tf.concat(columns, 1) as tf.Tensor2D),
        shift: tf.keep(this.shift ? tf.add<tf.Tensor1D>(this.shift, added) : added),
      };
    });
    this.shift?.dispose();
    this.shift = shift;
    try {
      const rows = await readRows(() => tf.clone(report));
      this.compare(rows);
      rows.forEach(([form, squaredShift, withFirst, ...gram], i) => {
        this.forms.push(form!);
        this.squaredShifts += squaredShift!;
        this.norms.add(gram[i]!, isFirst ? gram.slice(0, i) : [withFirst!, ...gram.slice(0, i)]);
      });
    } finally {
      report.dispose();
    }
  }

  /** ‖A − Aᵀ‖_F / ‖A‖_F, estimated from vᵀAu and uᵀAv of probes that were multiplied in one block; 0 if there are none. */
  get asymmetry(): number {
    return this.comparisons === 0 ? 0 : Math.sqrt(this.squaredAsymmetries / this.comparisons);
  }

  private compare(rows: readonly number[][]): void {
    const count = rows.length;
    const square = (i: number): number => rows[i]![3 + i]!;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < i; j++) {
        const [forth, back] = [rows[i]![3 + count + j]!, rows[j]![3 + count + i]!];
        const scale = Math.max(square(i), square(j));
        if (scale > 0) this.squaredAsymmetries += (forth - back) ** 2 / scale;
        this.comparisons++;
      }
    }
  }

  /**
   * The mean of vᵀ A v and its standard error, widened by the uncertainty of the variance, so that `value ± 1.96
   * standardError` is a 95 % interval (Student, 1908); `null` for one probe. One read.
   */
  async estimate(): Promise<Estimate> {
    const probes = this.forms.length;
    const value = this.forms.reduce((sum, x) => sum + x, 0) / probes;
    const {shift} = this;
    if (!shift || probes < 2) return {value, standardError: null, probes};
    const rows = await readRows(() => tf.reshape(tf.sum(tf.mul(shift, shift)), [1, 1]));
    const scatter = Math.max(0, this.squaredShifts - rows[0]![0]! / probes);
    const offDiagonal = scatter / (probes - 1);
    const variance = 2 * offDiagonal;
    const effective = offDiagonal ** 2 / this.norms.fourthPowers;
    const degrees = (probes - LOST_DEGREES) * Math.max(1, Number.isFinite(effective) ? effective : 1);
    return {
      value,
      standardError: (Math.sqrt(variance / probes) * studentQuantile(degrees)) / NORMAL_95,
      probes,
    };
  }

  /** ‖A‖_F², from the same products. */
  squaredNorm(): Estimate {
    return this.norms.estimate();
  }

  dispose(): void {
    this.first?.g.dispose();
    this.first?.product.dispose();
    this.shift?.dispose();
    this.first = null;
    this.shift = null;
  }
}
