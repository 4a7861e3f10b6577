import * as tf from '@tensorflow/tfjs-core';
import type {Estimate} from '../metrics/records.js';
import {probeVector} from '../random.js';
import {blockRows, notFinite} from './products.js';
import {calibratedError, degreesOfFreedom, QuadraticFormVariance} from './quadratic-form-variance.js';

/** When to stop drawing probes. */
export interface Stopping {
  /** Probes to begin with. */
  readonly probes: number;
  /** Go on until the standard error is at most this part of the value; `null`: no more than `probes`. */
  readonly tolerance: number | null;
  /** … but no further than this many probes. */
  readonly maxProbes: number;
}

/** The Rademacher probes `from … from + count − 1` of a seed, `[count, size]`; the caller owns them. */
export function rademacherRows(seed: number, from: number, count: number, size: number): tf.Tensor2D {
  const values = new Float32Array(count * size);
  for (let i = 0; i < count; i++) values.set(probeVector(seed, from + i, size, 'rademacher'), i * size);
  return tf.tensor2d(values, [count, size]);
}

/** Whether an estimate is as good as was asked for. */
export function isPreciseEnough(value: number, standardError: number | null, tolerance: number | null): boolean {
  return tolerance === null || (standardError !== null && standardError <= tolerance * Math.abs(value));
}

/**
 * Hutchinson's estimate of the trace of a symmetric operator, tr A ≈ mean of vᵀ A v over Rademacher probes v (1989).
 *
 * `multiply` maps the rows `[c, size]` of V to those of A V. One product a probe.
 */
export async function hutchinson(
  multiply: (rows: tf.Tensor2D) => Promise<tf.Tensor2D>,
  size: number,
  {probes, tolerance, maxProbes}: Stopping,
  seed: number,
): Promise<Estimate> {
  const spread = new QuadraticFormVariance();
  let sum = 0;
  let squares = 0; // Σ ‖A v‖², N times an estimate of Σ λ²
  let crossSquares = 0; // Σ (vᵀ A² v')² over pairs of different probes: each is an estimate of Σ λ⁴
  let pairs = 0;
  let wanted = probes;
  try {
    for (let done = 0; ; ) {
      const count = blockRows(size, wanted - done);
      const v = tf.keep(rademacherRows(seed, done, count, size));
      let product: tf.Tensor2D | null = null;
      let g: tf.Tensor2D | null = null;
      let report: tf.Tensor2D | null = null;
      try {
        product = tf.keep(await multiply(v));
        const w = product;
        g = tf.tidy(() => tf.keep(tf.mul(v, w) as tf.Tensor2D));
        const forms = g;
        await spread.add(forms);
        report = tf.tidy(() => tf.keep(tf.concat([tf.sum(forms, 1, true), tf.matMul(w, w, false, true)], 1) as tf.Tensor2D));
        const values = await report.data();
        for (let i = 0; i < count; i++) {
          const row = values.subarray(i * (count + 1), (i + 1) * (count + 1));
          if (!row.every(Number.isFinite)) throw notFinite();
          sum += row[0]!;
          squares += row[i + 1]!;
          for (let j = 0; j < i; j++) {
            crossSquares += row[j + 1]! ** 2;
            pairs++;
          }
        }
      } finally {
        for (const tensor of [v, product, g, report]) tensor?.dispose();
      }
      done += count;
      if (done < wanted) continue;
      const value = sum / done;
      const variance = await spread.variance();
      const degrees = degreesOfFreedom(done, squares / done, pairs > 0 ? crossSquares / pairs : 0);
      const standardError = variance === null ? null : calibratedError(variance, done, degrees);
      if (isPreciseEnough(value, standardError, tolerance) || done >= maxProbes) return {value, standardError, probes: done};
      wanted = Math.min(maxProbes, done + Math.max(1, done >> 1));
    }
  } finally {
    spread.dispose();
  }
}
