import type {DensityRecord} from './records.js';
import {meanEstimate} from './statistics/mean-estimate.js';
import {moderatedError} from './statistics/moderated-error.js';
import {NORMAL_95} from './statistics/student-t.js';

/** A quantile of a spectrum with its 95 % interval. */
export interface QuantileInterval {
  /** As `quantile(p)`. */
  readonly value: number;
  /** `-Infinity` if the nodes give no bound, as for `p` = 0. */
  readonly lower: number;
  /** `Infinity` if the nodes give no bound, as for `p` = 1. */
  readonly upper: number;
}

/** One probe's measure: nodes that have converged to eigenvalues, and those of a quadrature of the rest. */
interface Measure {
  readonly known: Points;
  readonly nodes: Points;
}

/** Points in ascending order, and the sum of the weights of the first 0, 1, … of them. */
interface Points {
  readonly places: readonly number[];
  readonly sums: readonly number[];
}

/**
 * The 95 % interval of the spectrum's quantile: all x for which the share F(x) of eigenvalues up to x may be p.
 *
 * The nodes θ_1 < … < θ_m of a probe's quadrature leave two weights undecided at any x between θ_j and θ_{j+1} (Chebyshev, Markov and
 * Stieltjes):
 *
 *   Σ_{i<j} w_i ≤ F(x) ≤ Σ_{i≤j+1} w_i
 *
 * The interval has the mean of these bounds over the probes, and the error of a share p over the probes. Nodes that have converged leave nothing
 * undecided.
 */
export function quantileBounds(
  record: DensityRecord,
  p: number,
  {parameters, tolerance}: {readonly parameters: number | null; readonly tolerance: number},
): Omit<QuantileInterval, 'value'> {
  const measures = measuresOf(record, tolerance);
  const places = [...new Set(record.nodes.flat())].sort((a, b) => a - b);
  const error = (shares: readonly Shares[]): number => errorOf(shares, p, parameters);
  const isBelow = (shares: readonly Shares[]): boolean => mean(shares, ({most}) => most) + error(shares) < p - SLACK;
  const isAbove = (shares: readonly Shares[]): boolean => mean(shares, ({least}) => least) - error(shares) >= p - SLACK;
  let lower = Number.NEGATIVE_INFINITY;
  let upper = Number.POSITIVE_INFINITY;
  let before = measures.map(measure => sharesAt(measure, Number.NEGATIVE_INFINITY));
  for (const x of places) {
    if (isBelow(before)) lower = x;
    before = measures.map(measure => sharesAt(measure, x));
    if (isAbove(before)) {
      upper = x;
      break;
    }
  }
  return {lower, upper};
}

/** The weights of all eigenvalues are equal; those of a quadrature are not. */
export function isExactSpectrum({weights}: DensityRecord): boolean {
  return weights.every(row => row.every(weight => weight === row[0]));
}

/** Weights are sums of doubles. */
const SLACK = 1e-9;

interface Shares {
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

function mean(shares: readonly Shares[], of: (share: Shares) => number): number {
  return shares.reduce((sum, share) => sum + of(share), 0) / shares.length;
}

function sharesAt({known, nodes}: Measure, x: number): Shares {
  const certain = known.sums[countUpTo(known.places, x)]!;
  const count = countUpTo(nodes.places, x);
  const last = nodes.places.length;
  const upTo = (end: number): number => certain + nodes.sums[Math.min(last, Math.max(0, end))]!;
  return {value: upTo(count), least: upTo(count - 1), most: upTo(count + 1)};
}

/** How many of the ascending numbers are at most x. */
function countUpTo(ascending: readonly number[], x: number): number {
  let [least, most] = [0, ascending.length];
  while (least < most) {
    const middle = (least + most) >> 1;
    if (ascending[middle]! <= x) least = middle + 1;
    else most = middle;
  }
  return least;
}

/** Half the width of the interval of a share p, from one share a probe. Infinite for one probe. */
function errorOf(all: readonly Shares[], p: number, parameters: number | null): number {
  const shares = all.map(({value}) => value);
  // The prior is as for the negative mass: a share of the n eigenvalues has a variance of 2 p (1 − p) / n in one probe.
  const probes = shares.length;
  const standardError =
    parameters === null
      ? meanEstimate(shares).standardError
      : moderatedError(shares, {
          variance: (2 * p * (1 - p)) / parameters,
          weight: 8,
          degrees: Math.min(probes + 7, probes * Math.max(1, p * (1 - p) * parameters)),
        });
  return standardError === null ? Number.POSITIVE_INFINITY : NORMAL_95 * standardError;
}

/** Nodes that all probes have, to within `tolerance`, are eigenvalues, since two Krylov spaces agree on nothing else. */
function measuresOf({nodes, weights}: DensityRecord, tolerance: number): Measure[] {
  const sorted = nodes.map(row => [...row].sort((a, b) => a - b));
  const isIn = (row: readonly number[], node: number): boolean =>
    countUpTo(row, node + tolerance) > countUpTo(row, node - tolerance);
  const isKnown = (node: number): boolean => nodes.length > 1 && sorted.every(row => isIn(row, node));
  return nodes.map((row, i) => {
    const all = row
      .map((node, j) => ({node, weight: weights[i]![j]!, known: isKnown(node)}))
      .sort((a, b) => a.node - b.node);
    const points = (known: boolean): Points => {
      const chosen = all.filter(point => point.known === known);
      const sums = [0];
      for (const {weight} of chosen) sums.push(sums.at(-1)! + weight);
      return {places: chosen.map(({node}) => node), sums};
    };
    return {known: points(true), nodes: points(false)};
  });
}
