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

/** One probe's measure: eigenvalues that are known with their weight, and the nodes of a quadrature of the rest. */
interface Measure {
  readonly known: readonly Point[];
  readonly nodes: readonly Point[];
}

interface Point {
  readonly node: number;
  readonly weight: number;
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
  const sum = (points: readonly Point[]): number => points.reduce((total, {weight}) => total + weight, 0);
  const certain = sum(known.filter(({node}) => node <= x));
  const count = nodes.filter(({node}) => node <= x).length;
  const upTo = (end: number): number => certain + sum(nodes.slice(0, Math.max(0, end)));
  return {value: upTo(count), least: upTo(count - 1), most: upTo(count + 1)};
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
  const isIn = (row: readonly number[], node: number): boolean => row.some(x => Math.abs(x - node) <= tolerance);
  const isKnown = (node: number): boolean => nodes.length > 1 && nodes.every(row => isIn(row, node));
  return nodes.map((row, i) => {
    const points = row.map((node, j) => ({node, weight: weights[i]![j]!})).sort((a, b) => a.node - b.node);
    return {known: points.filter(({node}) => isKnown(node)), nodes: points.filter(({node}) => !isKnown(node))};
  });
}
