import * as tf from '@tensorflow/tfjs-core';
import type {Estimate} from '../../metrics/records.js';
import {readRows} from '../linalg/read-rows.js';
import {QuadraticForms} from '../traces/quadratic-forms.js';
import type {LanczosResult} from './lanczos.js';

/** Multiplies rows `[p, n]` by a symmetric matrix M; the caller owns the result, and disposes of neither before it is there. */
export type Weighting = (rows: tf.Tensor2D) => Promise<tf.Tensor2D>;

/** How many vectors of length `size` are multiplied by M at a time: M makes some copies of them. */
export function weightedRows(size: number): number {
  return Math.max(1, Math.min(16, Math.floor(MAX_CHUNK_BYTES / (4 * size))));
}

const MAX_CHUNK_BYTES = 16 * 2 ** 20;

/**
 * tr(M A) from the vectors and products of an estimate of tr A; no further product. With P = I − Q Qᵀ and
 * A Q = Q T + β q_{m+1} e_mᵀ,
 *
 *   tr(M A) = Σ_ij T_ij q_iᵀ M q_j + 2 β q_mᵀ M q_{m+1} + tr(M P A P)
 *
 * and the last term is E vᵀ M P A P v. Without a space, P is the identity.
 *
 * The error takes M A for symmetric: Var(vᵀ B v) = Σ_{i≠j} (b_ij² + b_ij b_ji), which is at most twice the sum of the
 * squares. Owns tensors: call `dispose`.
 */
export class WeightedTrace {
  private captured = 0;
  private readonly chunk: number;
  private readonly forms: QuadraticForms;

  constructor(
    size: number,
    private readonly weighting: Weighting,
  ) {
    this.chunk = weightedRows(size);
    this.forms = new QuadraticForms(size);
  }

  /** Adds probes v and P A P v, `[p, n]` each, which stay the caller's. */
  async addProbes(v: tf.Tensor2D, image: tf.Tensor2D): Promise<void> {
    const weighted = await this.weighting(image);
    try {
      await this.forms.add(v, weighted);
    } finally {
      weighted.dispose();
    }
  }

  /** Adds what the first run's space holds. */
  async addSpace({runs, basis}: LanczosResult): Promise<void> {
    const {chunk} = this;
    const {tridiagonal, residual} = runs[0]!;
    const {diagonal, offDiagonal} = tridiagonal;
    const steps = diagonal.length;
    const next = basis.following();
    try {
      for (let from = 0; from < steps; from += chunk) {
        // The chunk's vectors and the one after them.
        const to = Math.min(steps, from + chunk + 1);
        const chosen = Array.from({length: to - from}, (_, i) =>
          Array.from({length: steps}, (_unused, j) => (j === from + i ? 1 : 0)),
        );
        const all = basis.combine(runs.map(() => chosen));
        let rows: tf.Tensor2D | null = null;
        let weighted: tf.Tensor2D | null = null;
        try {
          rows = tf.tidy(() => {
            const own = tf.slice(all, [0, 0], [to - from, -1]);
            return tf.keep(to === steps ? tf.concat<tf.Tensor2D>([own, tf.slice(next, [0, 0], [1, -1])], 0) : own);
          });
          weighted = await this.weighting(rows);
          const [left, right] = [rows, weighted];
          const gram = await readRows(() => tf.matMul(tf.slice(left, [0, 0], [to - from, -1]), right, false, true));
          for (let i = 0; i < Math.min(chunk, steps - from); i++) {
            const beta = from + i === steps - 1 ? residual : offDiagonal[from + i]!;
            this.captured += diagonal[from + i]! * gram[i]![i]! + 2 * beta * gram[i]![i + 1]!;
          }
        } finally {
          for (const tensor of [all, rows, weighted]) tensor?.dispose();
        }
      }
    } finally {
      next.dispose();
    }
  }

  /** Of A as it was multiplied. */
  async estimate(): Promise<Estimate> {
    const rest = await this.forms.estimate();
    return {...rest, value: this.captured + rest.value};
  }

  dispose(): void {
    this.forms.dispose();
  }
}
