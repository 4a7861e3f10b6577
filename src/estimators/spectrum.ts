import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {finiteNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import {type LongWorkArgs, longWork, longWorkEntries} from '../long-work.js';
import {NODE_TOLERANCE} from '../metrics/density.js';
import type {BlockSpectrum, Estimate} from '../metrics/records.js';
import {scaled} from '../metrics/statistics/estimate-arithmetic.js';
import {moderatedError, type PriorVariance} from '../metrics/statistics/moderated-error.js';
import {NORMAL_95} from '../metrics/statistics/student-t.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator, requireWithinSize} from '../operators/operator-argument.js';
import {type KrylovSample, krylovSample, productsOf} from './krylov/krylov-sample.js';
import {densityRecord, type QuadratureNode, quadratureMean} from './krylov/quadrature.js';
import {WeightedTrace, type Weighting} from './krylov/weighted-trace.js';
import {readRows} from './linalg/read-rows.js';
import {type ExactSpectrum, exactDensity, exactSpectrum} from './products/exact-spectrum.js';
import {Products} from './products/products.js';
import {warnOfZero} from './products/zero-curvature.js';
import {rootEstimate} from './traces/squared-norms.js';

/** Options of `spectrum`. */
export interface SpectrumArgs extends LongWorkArgs {
  /** Lanczos steps a probe. Default: 50. */
  readonly steps?: number;
  /** Random start vectors. Default: 2. */
  readonly probes?: number;
  /** Eigenvalues wanted at either end. Default: 1. */
  readonly k?: number;
  /**
   * The trace's standard error is at most that of so many Hutchinson probes, √(2 / N) ‖A‖_F. It takes 2 to N more products: the
   * Krylov space holds the outliers, and what is left needs few probes. They also go on, up to N, while the error is above 15 % of
   * the trace. 0: no more products; the trace and the Frobenius norm come from the runs' own start vectors. Default: 16.
   */
  readonly traceProbes?: number;
  /** Default: 0. */
  readonly seed?: number;
}

export const spectrumArgs = optionsOf<SpectrumArgs>('spectrum()')({
  steps: optional(wholeNumber(), 50),
  probes: optional(wholeNumber(), 2),
  k: optional(wholeNumber(), 1),
  traceProbes: optional(wholeNumber(0), 16),
  seed: optional(finiteNumber(), 0),
  ...longWorkEntries,
});

/** Throws unless `op` has k eigenvalues, and the steps can find as many. */
export function requireEnds(op: MatvecOperator, {k, steps}: {readonly k: number; readonly steps: number}): void {
  requireWithinSize('k', k, op);
  if (k > steps && op.size > steps) {
    throw new InvalidArgumentError(
      `k is ${k}, but ${steps} step${steps === 1 ? '' : 's'} yield no more than ${steps} eigenvalues; take at least ${k} steps.`,
    );
  }
}

/**
 * A summary of a symmetric operator's spectrum from a few Lanczos runs: trace, Frobenius norm, both ends, density,
 * negative mass.
 *
 * The ends are Ritz values with residuals: a true eigenvalue lies within `residual` of `value`. Standard errors come
 * from the spread over the probes, widened for few probes: `value ± 1.96 standardError` is a 95 % interval; `null`
 * for one probe. The error of the negative mass includes the mass of nodes that may stand for eigenvalues on both
 * sides of zero. With `traceProbes`, trace and norm do not need a second start vector. The spectrum of an operator of at most `steps` dimensions is computed exactly, with standard errors of 0.
 *
 * Costs `steps × probes` products in blocks of `probes`, and at most `traceProbes` more; `size` products if that is no
 * more than `steps`. Memory: (steps + 5) n floats for each probe in lock step, below 512 MiB or one probe at a time.
 *
 * Source: Ubaru, Chen & Saad (2017); Ghorbani, Krishnan & Xiao (2019); Hutchinson (1989).
 *
 * @throws InvalidArgumentError for bad options, and for an operator whose product has the wrong shape or is not finite.
 * @example
 * const {trace, largest: [top]} = await spectrum(operator, {steps: 20, probes: 4});
 * console.log(`${trace.value} ± ${1.96 * trace.standardError!}, top ${top!.value}`);
 */
export async function spectrum(op: MatvecOperator, args?: SpectrumArgs): Promise<BlockSpectrum> {
  requireOperator(op);
  const checked = spectrumArgs(args);
  requireEnds(op, checked);
  return longWork(checked, productsOf(op.size, checked), async work => {
    const products = new Products(op, work);
    const {spectrum: found} = await spectrumAndMore(products, checked, {});
    warnOfZero(products);
    return found;
  });
}

type CheckedSpectrumArgs = ReturnType<typeof spectrumArgs>;

/** What else the same products give. */
export interface MoreOfSpectrum {
  /** M of tr(M A). */
  readonly weighting?: Weighting | undefined;
  /** Whether the eigenvectors of `largest` are wanted. */
  readonly vectors?: boolean;
}

export interface SpectrumAndMore {
  readonly spectrum: BlockSpectrum;
  /** tr(M A); `null` without a weighting. */
  readonly weightedTrace: Estimate | null;
  /** The eigenvectors of `largest` as rows, `[k, size]`, in no order; the caller owns them. `null` if they are not wanted. */
  readonly topVectors: tf.Tensor2D | null;
}

/** The spectrum, and what else the same products give. Without a warning if the operator is zero. */
export async function spectrumAndMore(
  products: Products,
  args: CheckedSpectrumArgs,
  {weighting, vectors = false}: MoreOfSpectrum,
): Promise<SpectrumAndMore> {
  if (products.size <= args.steps) return exactSpectrumAndMore(products, args, {weighting, vectors});
  const weighted = weighting && new WeightedTrace(products.size, weighting);
  try {
    const sample = await krylovSample(products, {...args, weighted, vectors});
    const {topVectors} = sample;
    try {
      const weightedTrace = weighted ? scaled(await weighted.estimate(), products.scale) : null;
      return {spectrum: blockSpectrumOf(products, sample), weightedTrace, topVectors};
    } catch (error) {
      topVectors?.dispose();
      throw error;
    }
  } finally {
    weighted?.dispose();
  }
}

function blockSpectrumOf({size, scale}: Products, sample: KrylovSample): BlockSpectrum {
  const {rows} = sample;
  const scaledEnd = ({value, residual}: {value: number; residual: number}) => ({
    value: value * scale,
    residual: residual * scale,
  });
  return {
    parameters: size,
    trace: scaled(sample.trace, scale),
    frobenius: scaled(rootEstimate(sample.squaredNorm ?? squaredNormOf(rows, size)), scale),
    largest: sample.largest.map(scaledEnd),
    smallest: sample.smallest.map(scaledEnd),
    density: densityRecord(rows, scale),
    negativeMass: negativeMassEstimate(rows, size),
  };
}

/**
 * The quadratures estimate all moments, so that the prior variance is known better than from the samples alone. If
 * few eigenvalues dominate a moment, its precision is that of the number of probes.
 */
export const fromQuadrature = (variance: number, probes: number, effectiveRank: number): PriorVariance => ({
  variance,
  weight: 8,
  degrees: Math.min(probes + 7, probes * Math.max(1, effectiveRank)),
});

type Rows = readonly (readonly QuadratureNode[])[];

const mean = (samples: readonly number[]): number => samples.reduce((sum, x) => sum + x, 0) / samples.length;

/** ‖A‖_F² ≈ n ‖A q‖² = n Σ w θ², averaged over the probes. */
function squaredNormOf(rows: Rows, size: number): Estimate {
  const samples = rows.map(row => size * quadratureMean([row], x => x * x));
  const squares = quadratureMean(rows, x => x * x);
  const fourthPowers = quadratureMean(rows, x => x ** 4);
  const effectiveRank = fourthPowers > 0 ? (size * squares * squares) / fourthPowers : 1;
  const prior = fromQuadrature(2 * size * (fourthPowers - squares * squares), rows.length, effectiveRank);
  return {value: mean(samples), standardError: moderatedError(samples, prior), probes: rows.length};
}

/**
 * The share of eigenvalues below zero, between bounds that hold for each probe (Chebyshev, Markov and Stieltjes): of the
 * quadrature's nodes θ_1 < … < θ_m, with θ_j the last below zero,
 *
 *   Σ_{i<j} w_i ≤ F(0) ≤ Σ_{i≤j+1} w_i
 *
 * so that the weights of the two nodes around zero are undecided. If a node is nearer to an eigenvalue than to zero,
 * only (residual / θ)² of its weight is undecided. The value is the middle of the bounds, and the error covers both.
 */
function negativeMassEstimate(rows: Rows, size: number): Estimate {
  const all = rows.flat();
  const zero = NODE_TOLERANCE * all.reduce((most, {node}) => Math.max(most, Math.abs(node)), 0);
  const undecided = (node: QuadratureNode | undefined): number => {
    if (node === undefined || node.residual <= zero) return 0;
    return node.weight * Math.min(1, (node.residual / Math.max(Math.abs(node.node), zero)) ** 2);
  };
  const bounds = rows.map(row => {
    const below = row.filter(({node}) => node < -zero);
    const share = below.reduce((sum, {weight}) => sum + weight, 0);
    const nearest = (nodes: readonly QuadratureNode[]): QuadratureNode | undefined =>
      nodes.reduce<QuadratureNode | undefined>(
        (best, node) => (best === undefined || Math.abs(node.node) < Math.abs(best.node) ? node : best),
        undefined,
      );
    return [
      share - undecided(nearest(below)),
      share + undecided(nearest(row.filter(({node}) => node >= -zero))),
    ] as const;
  });
  const samples = bounds.map(([least, most]) => (least + most) / 2);
  const value = mean(samples);
  const doubt = mean(bounds.map(([least, most]) => (most - least) / 2)) / NORMAL_95;
  const prior = fromQuadrature((2 * value * (1 - value)) / size, rows.length, value * size);
  const probeError = moderatedError(samples, prior);
  return {value, standardError: probeError === null ? null : Math.hypot(probeError, doubt), probes: rows.length};
}

const exactly = (value: number, size: number): Estimate => ({value, standardError: 0, probes: size});

async function exactSpectrumAndMore(
  products: Products,
  {probes, k}: CheckedSpectrumArgs,
  {weighting, vectors}: MoreOfSpectrum,
): Promise<SpectrumAndMore> {
  const exact = await exactSpectrum(products);
  const rows = (chosen: readonly number[][]): tf.Tensor2D => tf.tensor2d([...chosen]);
  return {
    spectrum: exactBlockSpectrum(exact, probes, k),
    weightedTrace: weighting ? exactly(await weightedSum(exact, rows(exact.vectors), weighting), products.size) : null,
    topVectors: vectors ? tf.keep(rows(exact.vectors.slice(-k))) : null,
  };
}

/** tr(M A) = Σ λ_j y_jᵀ M y_j. Disposes of the vectors. */
async function weightedSum({values}: ExactSpectrum, vectors: tf.Tensor2D, weighting: Weighting): Promise<number> {
  let weighted: tf.Tensor2D | null = null;
  try {
    const images = await weighting(vectors);
    weighted = images;
    const forms = await readRows(() => tf.sum(tf.mul(vectors, images), 1, true));
    return forms.reduce((sum, [form], j) => sum + values[j]! * form!, 0);
  } finally {
    tf.dispose(weighted === null ? vectors : [vectors, weighted]);
  }
}

function exactBlockSpectrum({values, residuals}: ExactSpectrum, probes: number, k: number): BlockSpectrum {
  const size = values.length;
  const ends = values.map((value, i) => ({value, residual: residuals[i]!}));
  const zero = NODE_TOLERANCE * Math.max(Math.abs(values[0]!), Math.abs(values.at(-1)!));
  return {
    parameters: size,
    trace: exactly(
      values.reduce((sum, x) => sum + x, 0),
      size,
    ),
    frobenius: exactly(Math.hypot(...values), size),
    largest: ends.slice(-k).reverse(),
    smallest: ends.slice(0, k),
    density: exactDensity(values, probes),
    negativeMass: exactly(values.filter(x => x < -zero).length / size, size),
  };
}
