import {check} from '../arguments/check.js';
import {wholeNumber} from '../arguments/kinds.js';
import {requireDensity} from './record-schemas.js';
import type {DensityRecord, Estimate} from './records.js';
import {meanEstimate} from './statistics/mean-estimate.js';

/** Outliers are at most this share of the eigenvalues. */
const MOST = 0.2;

/**
 * The weight of one eigenvalue in a probe's quadrature, times the number of parameters, is the square of a number of
 * variance 1 and hardly ever above this. A node that weighs more stands for several eigenvalues.
 */
const ONE_EIGENVALUE = 9;

/** A gap: an eigenvalue is at least this many times the next, and the root mean square of all that follow. */
const GAP = 1.5;

/**
 * How many of some eigenvalues stand out above the others: those before the widest gap, that is, the largest ratio of one to the next.
 *
 * `values` descend, `weights` are their shares of the spectrum (they add up to 1). A value whose share is above
 * `largestShare` stands for several eigenvalues: it and those that follow are the bulk. 0 if no eigenvalue is 1.5
 * times the next and the root mean square of those that follow.
 *
 * @example
 * outliersOf([10, 9, 8, 0.5, 0.4, 0.1], [0.01, 0.01, 0.01, 0.3, 0.3, 0.37]);     // 3
 */
export function outliersOf(
  values: readonly number[],
  weights: readonly number[],
  largestShare = Number.POSITIVE_INFINITY,
): number {
  const top = values[0] ?? 0;
  let share = 0;
  let count = 0;
  let widest = GAP;
  for (let i = 0; i + 1 < values.length && values[i]! > 0; i++) {
    if (weights[i]! > largestShare) break;
    share += weights[i]!;
    // The first may stand out, however few eigenvalues there are.
    if (i > 0 && share > MOST) break;
    // Ratios of numbers near zero mean nothing: an eigenvalue is compared at least with the root mean square of
    // those that follow.
    const [mass, squares] = values
      .slice(i + 1)
      .reduce<[number, number]>(
        ([m, s], value, j) => [m + weights[i + 1 + j]!, s + weights[i + 1 + j]! * value * value],
        [0, 0],
      );
    const spread = mass > 0 ? Math.sqrt(squares / mass) : 0;
    const gap = values[i]! / Math.max(values[i + 1]!, spread, 1e-6 * top);
    if (gap >= widest) {
      widest = gap;
      count = i + 1;
    }
  }
  return count;
}

/**
 * How many eigenvalues stand out above the bulk, averaged over the probes of a density.
 *
 * Each probe has one Ritz value for each separated eigenvalue; those before the widest gap, in ratio, count. Given
 * the number of parameters, Ritz values that stand for many eigenvalues are recognized, and count as bulk.
 * Classifiers of c classes tend to have about c outliers.
 *
 * Source: Sagun, Evci, Güney, Dauphin & Bottou (2017) for what is counted; the rule is ours.
 *
 * @example
 * const {value} = outliers((await spectrum(operator, {steps: 40})).density);
 */
export function outliers(record: DensityRecord, parameters?: number): Estimate {
  requireDensity(record);
  if (parameters !== undefined) check('parameters', wholeNumber(), parameters);
  const {nodes, weights} = record;
  const largestShare = parameters === undefined ? undefined : ONE_EIGENVALUE / parameters;
  const counts = nodes.map((row, i) => {
    const order = row.map((_, j) => j).sort((a, b) => row[b]! - row[a]!);
    return outliersOf(
      order.map(j => row[j]!),
      order.map(j => weights[i]![j]!),
      largestShare,
    );
  });
  return meanEstimate(counts);
}
