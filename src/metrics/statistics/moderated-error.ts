import {NORMAL_95, studentQuantile} from './student-t.js';

/** The theoretical variance of a sample. */
export interface PriorVariance {
  readonly variance: number;
  /** Its weight, in numbers of samples. */
  readonly weight: number;
  /** Degrees of freedom of both variances together. */
  readonly degrees: number;
}

/**
 * The 0.5 % quantile of χ² with `degrees` degrees of freedom (Wilson & Hilferty, 1931).
 */
function chiSquareLow(degrees: number): number {
  if (degrees === 1) return 3.9e-5;
  if (degrees === 2) return 0.01;
  const root = 1 - 2 / (9 * degrees) - 2.5758 * Math.sqrt(2 / (9 * degrees));
  return Math.max(0, degrees * root ** 3);
}

/** Samples that take two values, as for localized eigenvectors, are all equal with a probability of 2^(1 − count). */
const ENOUGH_TO_REFUTE = 8;

/**
 * The standard error of the mean of `samples` of vᵀ f(A) v, widened so that `value ± 1.96 standardError` is a 95 %
 * interval; `null` for fewer than two.
 *
 * The prior is a sample's theoretical variance if A's eigenvectors have no preferred coordinates, 2 (tr f² − (tr f)²
 * / n) for Rademacher probes; it is an upper bound otherwise. If the samples' own variance agrees with it, the two
 * are pooled as in a moderated t statistic (Smyth, 2004), because the variance of a handful of numbers alone says
 * little. If the samples' variance is significantly smaller, as for diagonal operators, it alone is used; fewer than
 * `ENOUGH_TO_REFUTE` samples may agree by chance.
 */
export function moderatedError(samples: readonly number[], {variance, weight, degrees}: PriorVariance): number | null {
  const count = samples.length;
  if (count < 2) return null;
  const mean = samples.reduce((sum, x) => sum + x, 0) / count;
  const scatter = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const refuted = count >= ENOUGH_TO_REFUTE && scatter <= variance * chiSquareLow(count - 1);
  const pooled = refuted ? scatter / (count - 1) : (scatter + weight * variance) / (count - 1 + weight);
  const widened = studentQuantile(Math.max(1, refuted ? count - 1 : degrees)) / NORMAL_95;
  return Math.sqrt(pooled / count) * widened;
}
