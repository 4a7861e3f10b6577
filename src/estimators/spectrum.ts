import {optional} from 'valibot';
import {finiteNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import {NODE_TOLERANCE} from '../metrics/density.js';
import type {BlockSpectrum, Estimate} from '../metrics/records.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator, requireWithinSize} from '../operators/operator-argument.js';
import {exactDensity, exactSpectrum} from './exact-spectrum.js';
import {rootEstimate} from './frobenius.js';
import {krylovSample} from './krylov-sample.js';
import {Products} from './products.js';
import {densityRecord, gaussQuadrature, type QuadratureNode, quadratureMean} from './quadrature.js';
import {moderatedError, type PriorVariance} from './standard-error.js';

/** Options of `spectrum`. */
export interface SpectrumArgs {
  /** Lanczos steps a probe. Default: 30. */
  readonly steps?: number;
  /** Random start vectors. Default: 4. */
  readonly probes?: number;
  /** Eigenvalues wanted at either end. Default: 1. */
  readonly k?: number;
  /**
   * The trace's standard error is to be that of so many Hutchinson probes at most, √(2 / N) ‖A‖_F, for a few more products: the
   * Lanczos run holds the outliers, and what is left needs few probes. Default: what the runs' own start vectors say.
   */
  readonly traceProbes?: number;
  /** Default: 0. */
  readonly seed?: number;
}

export const spectrumArgs = optionsOf<SpectrumArgs>('spectrum()')({
  steps: optional(wholeNumber(), 30),
  probes: optional(wholeNumber(), 4),
  k: optional(wholeNumber(), 1),
  traceProbes: optional(wholeNumber()),
  seed: optional(finiteNumber(), 0),
});

/** Throws unless `op` has as many eigenvalues as are asked for, and the steps yield them. */
export function requireEnds(op: MatvecOperator, {k, steps}: {readonly k: number; readonly steps: number}): void {
  requireWithinSize('k', k, op);
  if (k > steps && op.size > steps) {
    throw new InvalidArgumentError(
      `k is ${k}, but ${steps} step${steps === 1 ? '' : 's'} yield no more than ${steps} eigenvalues; take at least ${k} steps.`,
    );
  }
}

/**
 * What one set of Lanczos runs says of a symmetric operator's spectrum: trace, Frobenius norm, both ends, density,
 * negative mass.
 *
 * The ends are Ritz values with residuals: a true eigenvalue lies within `residual` of `value`. Standard errors come
 * from the spread over the probes, widened where probes are few: `value ± 1.96 standardError` is a 95 % interval;
 * `null` for one probe. That of the negative mass also counts the mass of nodes that may stand for eigenvalues on both
 * sides of zero. An operator of no more than `steps` dimensions is taken apart exactly, with standard errors of 0.
 *
 * Costs `steps × probes` products and no more (`size`, where that is no more than `steps`), in blocks of `probes`, and
 * `traceProbes` more at most where that is given.
 * Memory: (steps + 5) n floats for each probe in lock step, below 512 MiB or one probe at a time. Throws an
 * `InvalidArgumentError` for bad options, and for an operator whose product has the wrong shape or is not finite.
 *
 * Source: Ubaru, Chen & Saad (2017); Ghorbani, Krishnan & Xiao (2019); Hutchinson (1989).
 *
 * ```ts
 * const {trace, largest: [top]} = await spectrum(operator, {steps: 20, probes: 4});
 * console.log(`${trace.value} ± ${1.96 * trace.standardError!}, top ${top!.value}`);
 * ```
 */
export async function spectrum(op: MatvecOperator, args?: SpectrumArgs): Promise<BlockSpectrum> {
  requireOperator(op);
  const checked = spectrumArgs(args);
  const {steps, probes, k} = checked;
  requireEnds(op, checked);
  const products = new Products(op);
  if (op.size <= steps) return exactBlockSpectrum(products, probes, k);
  const sample = await krylovSample(products, checked);
  const rows = sample.runs.map(gaussQuadrature);
  const {scale} = products;
  const scaled = ({value, standardError, probes: n}: Estimate): Estimate => ({
    value: value * scale,
    standardError: standardError === null ? null : standardError * scale,
    probes: n,
  });
  const scaledEnd = ({value, residual}: {value: number; residual: number}) => ({
    value: value * scale,
    residual: residual * scale,
  });
  return {
    parameters: op.size,
    trace: scaled(sample.trace),
    frobenius: scaled(frobeniusEstimate(rows, op.size)),
    largest: sample.largest.map(scaledEnd),
    smallest: sample.smallest.map(scaledEnd),
    density: densityRecord(rows, scale),
    negativeMass: negativeMassEstimate(rows, op.size),
  };
}

/** The quadrature of each probe knows all moments: together they are worth more than the probes' samples. */
const fromQuadrature = (variance: number, probes: number): PriorVariance => ({
  variance,
  weight: 8,
  degrees: probes + 7,
});

type Rows = readonly (readonly QuadratureNode[])[];

const mean = (samples: readonly number[]): number => samples.reduce((sum, x) => sum + x, 0) / samples.length;

/** ‖A‖_F² ≈ n ‖A q‖² = n Σ w θ², averaged over the probes. */
function frobeniusEstimate(rows: Rows, size: number): Estimate {
  const samples = rows.map(row => size * quadratureMean([row], x => x * x));
  const squares = quadratureMean(rows, x => x * x);
  const fourthPowers = quadratureMean(rows, x => x ** 4);
  return rootEstimate(
    mean(samples),
    moderatedError(samples, fromQuadrature(2 * size * (fourthPowers - squares * squares), rows.length)),
    rows.length,
    1,
  );
}

/**
 * The share of eigenvalues below zero: the weight of the nodes that are.
 *
 * A node stands for the eigenvalues near it. One that is nearer to zero than it is known to be to any eigenvalue may
 * stand for some on either side; its weight then counts as if spread evenly over [θ − residual, θ + residual], and as
 * much of it is in doubt as a coin's with these chances. Where no node is below zero none is taken to be: Lanczos finds
 * the ends first.
 */
function negativeMassEstimate(rows: Rows, size: number): Estimate {
  const all = rows.flat();
  const zero = NODE_TOLERANCE * all.reduce((most, {node}) => Math.max(most, Math.abs(node)), 0);
  const hasBothSigns = all.some(({node}) => node < -zero) && all.some(({node}) => node > zero);
  const shareBelow = ({node, residual}: QuadratureNode): number => {
    if (!hasBothSigns || residual <= zero) return node < -zero ? 1 : 0;
    return Math.min(1, Math.max(0, (residual - node) / (2 * residual)));
  };
  const weighted = (f: (share: number) => number): number[] =>
    rows.map(row => row.reduce((sum, node) => sum + node.weight * f(shareBelow(node)), 0));
  const samples = weighted(share => share);
  const value = mean(samples);
  const doubt = mean(weighted(share => Math.sqrt(share * (1 - share)))) / Math.sqrt(3);
  const probeError = moderatedError(samples, fromQuadrature((2 * value * (1 - value)) / size, rows.length));
  return {value, standardError: probeError === null ? null : Math.hypot(probeError, doubt), probes: rows.length};
}

async function exactBlockSpectrum(products: Products, probes: number, k: number): Promise<BlockSpectrum> {
  const {values, residuals} = await exactSpectrum(products);
  const size = values.length;
  const exactly = (value: number): Estimate => ({value, standardError: 0, probes: size});
  const ends = values.map((value, i) => ({value, residual: residuals[i]!}));
  const zero = NODE_TOLERANCE * Math.max(Math.abs(values[0]!), Math.abs(values.at(-1)!));
  return {
    parameters: size,
    trace: exactly(values.reduce((sum, x) => sum + x, 0)),
    frobenius: exactly(Math.hypot(...values)),
    largest: ends.slice(-k).reverse(),
    smallest: ends.slice(0, k),
    density: exactDensity(values, probes),
    negativeMass: exactly(values.filter(x => x < -zero).length / size),
  };
}
