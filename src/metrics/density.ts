import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, listOf, positiveNumber, that, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {isExactSpectrum, type QuantileInterval, quantileBounds} from './quantile-interval.js';
import {requireDensity} from './record-schemas.js';
import type {DensityRecord} from './records.js';
import {studentQuantile} from './statistics/student-t.js';

/** A smoothed density on a grid, with a pointwise 95 % band from the spread over the probes. */
export interface DensityCurve {
  readonly density: number[];
  readonly lower: number[];
  /** `Infinity` for one probe, which gives no band. */
  readonly upper: number[];
}

/** Options of a density's curve. */
export interface DensityCurveArgs {
  /**
   * Standard deviation of the Gaussian around each node, in units of the eigenvalues. Default: 0.75 of the mean
   * distance of a probe's nodes, and at least the grid's spacing, so that the curve integrates to one on the grid.
   */
  readonly bandwidth?: number;
}

const densityCurveArgs = optionsOf<DensityCurveArgs>('evaluate()')({bandwidth: optional(positiveNumber())});
const gridSchema = listOf(finiteNumber(), 'a list of numbers');
const shareSchema = that<number>(
  value => typeof value === 'number' && value >= 0 && value <= 1,
  'a share of the eigenvalues, from 0 to 1',
);

/** A record of quadrature nodes and weights, with its curves and quantiles. */
export interface SpectralDensity extends DensityRecord {
  /** The operator's dimension; `null` if it is not known. */
  readonly parameters: number | null;
  /** The density smoothed with a Gaussian, at each point of the grid. */
  evaluate(grid: readonly number[], args?: DensityCurveArgs): DensityCurve;
  /** The share of eigenvalues at or below each point of the grid, 0 to 1. */
  cumulative(grid: readonly number[]): number[];
  /** The smallest node at or below which a share `p` of the eigenvalues lies, 0 ≤ p ≤ 1. */
  quantile(p: number): number;
  /**
   * The same with its 95 % interval: from the spread over the probes, and from the two nodes around it, between whose neighbours the quantile lies
   * for certain (Chebyshev, Markov and Stieltjes). Only the nodes of an exact spectrum have an interval of width 0.
   */
  quantileInterval(p: number): QuantileInterval;
}

/** Options of `densityOf`. */
export interface DensityOfArgs {
  /**
   * The operator's dimension, such as `parameters` of a record. It narrows the intervals of quantiles from few probes: without it, their
   * spread alone tells. Default: not known.
   */
  readonly parameters?: number;
}

const densityOfArgs = optionsOf<DensityOfArgs>('densityOf()')({parameters: optional(wholeNumber())});

/** Nodes within this part of the largest magnitude count as equal, or as zero: the resolution of float32. */
export const NODE_TOLERANCE = 2e-6;

/** A point with its probability mass. */
export interface Atom {
  readonly node: number;
  readonly weight: number;
}

/** All probes' nodes in ascending order, with weights that sum to one. */
export function atoms({nodes, weights}: DensityRecord): Atom[] {
  const rows = nodes.length;
  return nodes
    .flatMap((row, i) => row.map((node, j) => ({node, weight: weights[i]![j]! / rows})))
    .sort((a, b) => a.node - b.node);
}

/** The largest magnitude among the nodes, 0 for the zero operator. */
export function largestMagnitude({nodes}: DensityRecord): number {
  return nodes.reduce((most, row) => row.reduce((m, node) => Math.max(m, Math.abs(node)), most), 0);
}

function defaultBandwidth(record: DensityRecord, grid: readonly number[]): number {
  const sorted = atoms(record);
  const range = sorted.at(-1)!.node - sorted[0]!.node;
  const perProbe = sorted.length / record.nodes.length;
  const spacing = grid.length > 1 ? (Math.max(...grid) - Math.min(...grid)) / (grid.length - 1) : 0;
  const resolution = range > 0 ? (0.75 * range) / Math.max(10, perProbe) : 0;
  return Math.max(resolution, spacing) || 0.01 * largestMagnitude(record) || 1;
}

/**
 * The spectral density smoothed with a Gaussian of standard deviation `bandwidth`, at the grid's points.
 *
 * The band is the mean ± Student's 95 % quantile × standard error over the probes, cut off at 0. It is pointwise: it
 * covers the smoothed density with 95 % probability at each point, not at all points at once. It shows the variation
 * from probe to probe, not what the quadrature cannot resolve: features narrower than the distance of the nodes.
 */
export function evaluateDensity(record: DensityRecord, grid: readonly number[], args?: DensityCurveArgs): DensityCurve {
  check('grid', gridSchema, grid);
  const {bandwidth = defaultBandwidth(record, grid)} = densityCurveArgs(args);
  const probes = record.nodes.length;
  const peak = 1 / (bandwidth * Math.sqrt(2 * Math.PI));
  const curves = record.nodes.map((nodes, i) =>
    grid.map(x =>
      nodes.reduce(
        (sum, node, j) => sum + record.weights[i]![j]! * peak * Math.exp(-0.5 * ((x - node) / bandwidth) ** 2),
        0,
      ),
    ),
  );
  const density: number[] = [];
  const lower: number[] = [];
  const upper: number[] = [];
  const quantile95 = probes > 1 ? studentQuantile(probes - 1) : Number.NaN;
  for (let g = 0; g < grid.length; g++) {
    const mean = curves.reduce((sum, curve) => sum + curve[g]!, 0) / probes;
    density.push(mean);
    if (probes === 1) {
      lower.push(0);
      upper.push(Number.POSITIVE_INFINITY);
      continue;
    }
    const scatter = curves.reduce((sum, curve) => sum + (curve[g]! - mean) ** 2, 0) / (probes - 1);
    const reach = quantile95 * Math.sqrt(scatter / probes);
    lower.push(Math.max(0, mean - reach));
    upper.push(mean + reach);
  }
  return {density, lower, upper};
}

/** The share of eigenvalues at or below each point, to within float32's resolution. */
export function cumulativeShare(record: DensityRecord, grid: readonly number[]): number[] {
  check('grid', gridSchema, grid);
  const sorted = atoms(record);
  const slack = NODE_TOLERANCE * largestMagnitude(record);
  return grid.map(x => {
    let share = 0;
    for (const {node, weight} of sorted) {
      if (node > x + slack) break;
      share += weight;
    }
    return Math.min(1, share);
  });
}

/** The smallest node at or below which a share `p` of the eigenvalues lies. */
export function quantile(record: DensityRecord, p: number): number {
  check('p', shareSchema, p);
  const sorted = atoms(record);
  let share = 0;
  for (const {node, weight} of sorted) {
    share += weight;
    if (share >= p - 1e-9) return node;
  }
  return sorted.at(-1)!.node;
}

/**
 * The curves of a stored density: the same functions that `spectralDensity` returns, for a record that was read from
 * JSON.
 *
 * @throws InvalidArgumentError for a record without nodes or with rows that do not match.
 * @example
 * const {density, lower, upper} = densityOf(sample.full.density).evaluate(grid);
 * const median = densityOf(full.density, {parameters: full.parameters}).quantileInterval(0.5);
 */
export function densityOf(record: DensityRecord, args?: DensityOfArgs): SpectralDensity {
  requireDensity(record);
  const {parameters = null} = densityOfArgs(args);
  const {nodes, weights} = record;
  return {
    nodes,
    weights,
    parameters,
    evaluate: (grid, options) => evaluateDensity(record, grid, options),
    cumulative: grid => cumulativeShare(record, grid),
    quantile: p => quantile(record, p),
    quantileInterval: p => {
      const value = quantile(record, p);
      if (isExactSpectrum(record)) return {value, lower: value, upper: value};
      const tolerance = NODE_TOLERANCE * largestMagnitude(record);
      return {value, ...quantileBounds(record, p, {parameters, tolerance})};
    },
  };
}
