import * as tf from '@tensorflow/tfjs-core';
import type {Estimate} from '../metrics/records.js';
import {eachProbeBlock, type Multiply, readRows} from './probe-blocks.js';
import {calibratedError, degreesOfFreedom, QuadraticFormVariance} from './quadratic-form-variance.js';

/** When to stop spending products. */
export interface Stopping {
  /** Products to begin with. */
  readonly probes: number;
  /** Whether an estimate is good enough; if not, more products follow … */
  readonly isEnough: (estimate: Estimate) => boolean;
  /** … up to this many. */
  readonly maxProbes: number;
}

/** How many probes to have next, when `done` were not enough: half as many again. */
export function nextProbes(done: number, maxProbes: number): number {
  return Math.min(maxProbes, done + Math.max(1, done >> 1));
}

/**
 * Hutchinson's estimate of the trace of a symmetric operator: tr A = E[vᵀ A v] for Rademacher probes v.
 *
 * Its variance is 2 (‖A‖_F² − ‖diag A‖²) / N; the standard error comes from the coordinates' spread (see
 * `quadratic-form-variance.ts`). One product a probe.
 *
 * Source: Hutchinson (1989); Avron & Toledo (2011) for the variance.
 */
export async function hutchinson(
  multiply: Multiply,
  size: number,
  {probes, isEnough, maxProbes}: Stopping,
  seed: number,
): Promise<Estimate> {
  const spread = new QuadraticFormVariance();
  const samples: number[] = [];
  let squares = 0; // of ‖A v‖², each an estimate of Σ λ²
  let crossSquares = 0; // of (vᵀ A² v')² for different probes, each an estimate of Σ λ⁴
  let pairs = 0;
  try {
    for (let done = 0, wanted = probes; ; wanted = nextProbes(done, maxProbes)) {
      await eachProbeBlock(multiply, size, seed, done, wanted, async (v, product) => {
        const g = tf.tidy(() => tf.keep(tf.mul(v, product) as tf.Tensor2D));
        try {
          await spread.add(g);
          const rows = await readRows(() => tf.concat([tf.sum(g, 1, true), tf.matMul(product, product, false, true)], 1));
          rows.forEach(([form, ...gram], i) => {
            samples.push(form!);
            squares += gram[i]!;
            for (const cross of gram.slice(0, i)) crossSquares += cross * cross;
            pairs += i;
          });
        } finally {
          g.dispose();
        }
      });
      done = wanted;
      const variance = await spread.variance();
      const degrees = degreesOfFreedom(done, squares / done, pairs > 0 ? crossSquares / pairs : 0);
      const estimate: Estimate = {
        value: samples.reduce((sum, x) => sum + x, 0) / done,
        standardError: variance === null ? null : calibratedError(variance, done, degrees),
        probes: done,
      };
      if (isEnough(estimate) || done >= maxProbes) return estimate;
    }
  } finally {
    spread.dispose();
  }
}
