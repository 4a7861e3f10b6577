import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, functionThat, hasMethods, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';
import {type LongWorkArgs, longWorkEntries} from '../long-work.js';
import type {SpectralDensity} from '../metrics/density.js';
import {isExactSpectrum} from '../metrics/quantile-interval.js';
import {requireDensity} from '../metrics/record-schemas.js';
import type {DensityRecord, Estimate} from '../metrics/records.js';
import {moderatedError, type PriorVariance} from '../metrics/statistics/moderated-error.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {spectralDensity} from './spectral-density.js';
import {fromQuadrature} from './spectrum.js';

/** An operator, or a density of its eigenvalues: of `spectralDensity`, or the `density` of a record. */
export type SpectrumSource = MatvecOperator | SpectralDensity | DensityRecord;

/** Options of `traceOfFunction`. */
export interface TraceOfFunctionArgs extends LongWorkArgs {
  /** Lanczos steps a probe; not with a density. Default: those of `spectralDensity`. */
  readonly steps?: number;
  /** Random start vectors; not with a density. Default: those of `spectralDensity`. */
  readonly probes?: number;
  /** Seeds the probes; not with a density. Default: 0. */
  readonly seed?: number;
  /** The operator's dimension, for a density that does not know it: `parameters` of its record. Default: that of the operator or density. */
  readonly parameters?: number;
}

export const traceOfFunctionEntries = {
  steps: optional(wholeNumber()),
  probes: optional(wholeNumber()),
  seed: optional(finiteNumber()),
  parameters: optional(wholeNumber()),
  ...longWorkEntries,
};

const traceOfFunctionArgs = optionsOf<TraceOfFunctionArgs>('traceOfFunction()')(traceOfFunctionEntries);
const functionOfNumber = functionThat<(x: number) => number>('a function of an eigenvalue that returns a number');

/**
 * The trace of a function of a symmetric operator, tr f(A) = Σ f(λ_i), by stochastic Lanczos quadrature:
 *
 *   tr f(A) ≈ n / p Σ_i Σ_j w_ij f(θ_ij)
 *
 * with the Ritz values θ and weights w of p probes. `value ± 1.96 standardError` is a 95 % interval for the spread over the probes; `null` for
 * one probe. It does not cover the error of the quadrature, which is 0 for polynomials of degree 2 `steps` − 1 and falls quickly with the steps where
 * f is smooth: compare with more steps. For an operator of at most `steps` dimensions, or its density, the result is exact, with error 0.
 *
 * Costs `steps × probes` products; none with a density.
 *
 * Source: Ubaru, Chen & Saad (2017), algorithm 1.
 *
 * @throws InvalidArgumentError for bad options, for f that is not finite at a Ritz value (which the message names), and as `spectralDensity` does.
 * @example
 * const {value, standardError} = await traceOfFunction(G, x => Math.sqrt(Math.max(x, 0)), {probes: 8});
 * const again = await traceOfFunction(full.density, Math.exp, {parameters: full.parameters});
 */
export async function traceOfFunction(
  source: SpectrumSource,
  f: (x: number) => number,
  args?: TraceOfFunctionArgs,
): Promise<Estimate> {
  check('f', functionOfNumber, f);
  return sumOver(source, f, traceOfFunctionArgs(args), notFiniteAt);
}

function notFiniteAt(node: number, value: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `f(${node}) is ${show(value)}; f must be a finite number at each Ritz value, and ${node} is one of the operator. If f is not defined there, ` +
      'shift the operator, shifted(A, λ), or take one without such eigenvalues, such as gaussNewton().',
  );
}

/** Σ f(λ_i). `complain` makes the error for a Ritz value at which f is not a finite number. */
export async function sumOver(
  source: SpectrumSource,
  f: (x: number) => number,
  args: TraceOfFunctionArgs,
  complain: (node: number, value: unknown) => InvalidArgumentError,
): Promise<Estimate> {
  const {density, size} = await densityAndSize(source, args);
  const points = density.nodes.map((row, i) =>
    row.flatMap((node, j) => {
      const weight = density.weights[i]![j]!;
      if (weight === 0) return [];
      const value = f(node);
      if (!Number.isFinite(value)) throw complain(node, value);
      return [{weight, value}];
    }),
  );
  const samples = points.map(row => row.reduce((sum, {weight, value}) => sum + size * weight * value, 0));
  if (isExactSpectrum(density) && density.nodes[0]!.length === size) {
    return {value: samples[0]!, standardError: 0, probes: size};
  }
  const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
  return {value: mean, standardError: moderatedError(samples, priorOf(points, size)), probes: samples.length};
}

interface Point {
  readonly weight: number;
  readonly value: number;
}

/**
 * The variance of a probe's sum if the eigenvectors have no preferred coordinates, 2 Σ (f(λ_i) − mean)², over the eigenvalues that are not known one by
 * one: those have the weight 1 / n in each probe, and do not vary.
 */
function priorOf(rows: readonly (readonly Point[])[], size: number): PriorVariance {
  const moments = rows.map(row => {
    const rest = row.filter(({weight}) => weight !== 1 / size);
    const mass = rest.reduce((sum, {weight}) => sum + weight, 0);
    const mean = mass === 0 ? 0 : rest.reduce((sum, {weight, value}) => sum + weight * value, 0) / mass;
    const moment = (power: number) =>
      size * rest.reduce((sum, {weight, value}) => sum + weight * (value - mean) ** power, 0);
    return [moment(2), moment(4)] as const;
  });
  const [squares, fourthPowers] = [0, 1].map(k => moments.reduce((sum, each) => sum + each[k]!, 0) / rows.length);
  const effectiveRank = fourthPowers! > 0 ? squares! ** 2 / fourthPowers! : 1;
  return fromQuadrature(2 * squares!, rows.length, effectiveRank);
}

async function densityAndSize(
  source: SpectrumSource,
  {steps, probes, seed, parameters, ...long}: TraceOfFunctionArgs,
): Promise<{density: DensityRecord; size: number}> {
  const own = {
    ...(steps !== undefined && {steps}),
    ...(probes !== undefined && {probes}),
    ...(seed !== undefined && {seed}),
  };
  if (hasMethods(source, ['matvec'])) {
    const {size} = source as MatvecOperator;
    if (parameters !== undefined && parameters !== size) {
      throw new InvalidArgumentError(
        `parameters is ${parameters}, but the operator's size is ${size}; leave parameters out.`,
      );
    }
    return {density: await spectralDensity(source as MatvecOperator, {...own, ...long}), size};
  }
  const density = source as DensityRecord & Partial<Pick<SpectralDensity, 'parameters'>>;
  requireDensity(density, 'The operator or density');
  const [given] = Object.keys(own);
  if (given !== undefined) {
    throw new InvalidArgumentError(
      `${given} has no effect on a density, which is already computed; leave it out, or give the operator.`,
    );
  }
  const size = parameters ?? density.parameters;
  if (!Number.isSafeInteger(size) || size! < 1) {
    throw new InvalidArgumentError(
      "The density's dimension is not known; give it as parameters, such as {parameters: full.parameters} of the same record.",
    );
  }
  return {density, size: size!};
}
