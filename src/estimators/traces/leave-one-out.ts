// The error of a mean of leave-one-out estimates, which share most of their sketch.
//
// Each of m random vectors is left out of a sketch in turn, and tests it. Let t_j be the estimate from vector j, and t_ji that from j
// with a sketch of neither i nor j. The same estimator with m − 1 vectors, without i, is T_i = mean of t_ji over j ≠ i.
//
// - The spread of the t_j as if they were independent, Σ (t_j − t)² / (m (m − 1)), is the published estimate. The t_j are positively
//   correlated, since they share vectors: it is too small, by up to a factor of 3 in the standard error where the sketch nears the rank.
// - The jackknife of the T_i, (m − 1) / m Σ (T_i − T)², is on average too large for any function of independent vectors (Efron & Stein,
//   1981), by up to a factor of 4 where the spectrum decays quickly.
//
// A weighted geometric mean of both is 0.9 to 1.7 times the true standard error on spectra of all kinds, and needs no product. The weight and
// the margin come from simulations; docs/calibration.md has the coverage that they give.

import {NORMAL_95, studentQuantile} from '../../metrics/statistics/student-t.js';

/** How much of the standard error, in its logarithm, is the jackknife's, and by what the result is multiplied. */
export interface ErrorWeights {
  readonly jackknife: number;
  readonly margin: number;
}

/** For estimates whose sketch is the range of A Ω: XTrace and XDiag. */
export const RANGE: ErrorWeights = {jackknife: 1 / 3, margin: 1.25};

/** For estimates whose sketch is a Nyström approximation, which share more: XNysTrace. */
export const NYSTROM: ErrorWeights = {jackknife: 1 / 2, margin: 1.1};

/** Two vectors have no pair to leave out. Their spread is multiplied by this instead. */
const MARGIN_OF_TWO = 1.4;

/** The factor of the standard error of m leave-one-out estimates, by which `value ± 1.96 standardError` is a 95 % interval. */
export function widening(m: number, {margin}: ErrorWeights): number {
  return ((m === 2 ? MARGIN_OF_TWO : margin) * studentQuantile(m - 1)) / NORMAL_95;
}

/** The estimates that leave one of m random vectors out, and those that leave two out. */
export interface LeftOut {
  /** t_j. */
  readonly one: readonly number[];
  /** t_ji: from vector j, with a sketch of neither i nor j. */
  readonly two: (i: number, j: number) => number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function scatter(values: readonly number[]): number {
  const center = mean(values);
  return values.reduce((sum, x) => sum + (x - center) ** 2, 0);
}

/** The mean of the leave-one-out estimates with its standard error, which is `null` for one vector. */
export function leaveOneOut(
  {one, two}: LeftOut,
  weights: ErrorWeights,
): {readonly value: number; readonly standardError: number | null} {
  const m = one.length;
  const value = mean(one);
  if (m === 1) return {value, standardError: null};
  const spread = scatter(one) / (m * (m - 1));
  if (m === 2) return {value, standardError: widening(m, weights) * Math.sqrt(spread)};
  const without = one.map((_, i) => one.reduce((sum, __, j) => (i === j ? sum : sum + two(i, j)), 0) / (m - 1));
  const {jackknife: share} = weights;
  const jackknife = ((m - 1) / m) * scatter(without);
  return {value, standardError: widening(m, weights) * Math.sqrt(spread ** (1 - share) * jackknife ** share)};
}
