import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, flag, oneOf, positiveNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {type LongWorkArgs, longWork, longWorkEntries, type Work} from '../long-work.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator, requireWithinSize} from '../operators/operator-argument.js';
import {deriveSeed} from '../random.js';
import type {KrylovBasis} from './krylov/krylov-basis.js';
import {type ChainEnd, growChain, type NormBound, type RitzPair, rotateChain} from './krylov/krylov-chain.js';
import {newKrylovBasis} from './krylov/new-krylov-basis.js';
import type {RitzPolynomial} from './krylov/ritz-polynomial.js';
import {ROUNDING_FLOOR} from './linalg/float32.js';
import {exactSpectrum} from './products/exact-spectrum.js';
import {Products} from './products/products.js';
import {requireSymmetric} from './products/symmetry.js';
import {warnOfZero} from './products/zero-curvature.js';

/** Which end of the spectrum is wanted: the greatest, the least, or the greatest magnitudes. */
export type WhichEigenvalues = 'largest' | 'smallest' | 'magnitude';

/** Options of `eigenvalues`. */
export interface EigenvaluesArgs extends LongWorkArgs {
  /** How many are wanted, with multiplicity. Default: 1. */
  readonly k?: number;
  /** Default: 'largest'. */
  readonly which?: WhichEigenvalues;
  /**
   * The residuals asked for, relative to the eigenvalue: `tolerance × max(|θ|, 1e-3 ‖A‖)`. Float32 limits it: a residual is hardly
   * ever below 5e-7 ‖A‖. Default: 1e-3.
   */
  readonly tolerance?: number;
  /** Products to spend at most. Default: 20 k, and at least 300; 2 `size` where that is more, for sizes up to 1024. */
  readonly maxSteps?: number;
  /** Default: 0. */
  readonly seed?: number;
  /** Whether to return the eigenvectors. Default: false. */
  readonly vectors?: boolean;
}

export const eigenvaluesArgs = optionsOf<EigenvaluesArgs>('eigenvalues()')({
  k: optional(wholeNumber(), 1),
  which: optional(oneOf(['largest', 'smallest', 'magnitude']), 'largest'),
  tolerance: optional(positiveNumber(), 1e-3),
  maxSteps: optional(wholeNumber()),
  seed: optional(finiteNumber(), 0),
  vectors: optional(flag(), false),
  ...longWorkEntries,
});

/** Eigenvalues of one end of a spectrum, best first. */
export interface Eigenvalues {
  readonly values: number[];
  /** A true eigenvalue lies within `residuals[i]` of `values[i]`: ‖A y − θ y‖ plus the rounding of float32. */
  readonly residuals: number[];
  /** `[size, values.length]`, orthonormal columns; the caller owns it. Only where asked for. */
  readonly vectors?: tf.Tensor2D;
  /** Products spent. */
  readonly steps: number;
  /**
   * All k were found, their residuals are within the tolerance, and no eigenvalue is better by more than the tolerance:
   * the chance that one has been missed is at most 0.001, by a bound that the products themselves give. False after `maxSteps`
   * products, and if rounding alone exceeds the tolerance.
   */
  readonly converged: boolean;
}

/** Up to this size all columns of the operator are computed, whatever is asked for. */
const TINY = 16;

/** Up to this size all columns are computed once the search has taken as many products as there are columns. */
const SMALL = 1024;

/** The size limit of a chain's basis, unless k needs more. */
const MAX_BASIS_BYTES = 2 ** 30;

/** Eigenvalues of less than this part of ‖A‖ are wanted as precisely as one of this size: float32 can do no better. */
const SMALLEST_SCALE = 1e-3;

/** The accepted probability that a search misses a better eigenvalue. */
const MISS = 1e-3;

const KEYS: Record<WhichEigenvalues, (value: number) => number> = {
  largest: value => value,
  smallest: value => -value,
  magnitude: value => Math.abs(value),
};

/**
 * The k largest or smallest eigenvalues of a symmetric operator, or those of largest magnitude, with multiplicity.
 *
 * Lanczos' method with full reorthogonalization and thick restarts. A Krylov space holds one copy of a repeated
 * eigenvalue. For k > 1, the complement of the converged vectors is therefore searched from a new random vector
 * until it has nothing better. If a start vector is nearly orthogonal to the best eigenvector, another eigenvalue
 * converges first: the search goes on until that is unlikely, even if the residuals are small already. If the
 * operator has at most 16 dimensions, or k is at least half of them, all its columns are computed instead, and the
 * list is complete. The same is done for up to 1024 dimensions once the search has taken `size` products.
 *
 * Costs `steps` products, at most `maxSteps`; k = 1 typically takes 10 to 50. Memory: max(100, 2 k + 50) + k vectors of
 * float32, fewer (k + 8) + k where those would take more than 1 GiB.
 *
 * Source: Lanczos (1950); Parlett (1980), chapters 12 and 13, for the bound too; Wu & Simon (2000) for the restarts;
 * Kuczyński & Woźniakowski (1992) for the random start vector's part in it.
 *
 * @throws InvalidArgumentError for bad options, and for an operator whose product has the wrong shape or is not finite.
 * @example
 * const {values: [top], residuals: [bound], converged} = await eigenvalues(operator, {tolerance: 1e-4});
 */
export async function eigenvalues(op: MatvecOperator, args?: EigenvaluesArgs): Promise<Eigenvalues> {
  requireOperator(op);
  const checked = eigenvaluesArgs(args);
  return longWork(checked, productsAllowed(op, checked), work => eigenvaluesOf(op, checked, work));
}

type CheckedEigenvaluesArgs = ReturnType<typeof eigenvaluesArgs>;

/**
 * How many products `eigenvalues` may spend.
 *
 * @throws InvalidArgumentError if `k` or `maxSteps` do not fit the operator.
 */
export function productsAllowed(op: Pick<MatvecOperator, 'size'>, {k, maxSteps}: CheckedEigenvaluesArgs): number {
  requireWithinSize('k', k, op);
  const allowed = maxSteps ?? Math.max(300, 20 * k, op.size <= SMALL ? 2 * op.size : 0);
  check('maxSteps', wholeNumber(k), allowed);
  return allowed;
}

/** As `eigenvalues`, as a part of longer work. */
export async function eigenvaluesOf(
  op: MatvecOperator,
  args: CheckedEigenvaluesArgs,
  work: Work,
): Promise<Eigenvalues> {
  const {k, which, tolerance, seed, vectors} = args;
  const maxSteps = productsAllowed(op, args);
  const products = new Products(op, work);
  const key = KEYS[which];
  const {size} = op;
  if (size <= Math.max(TINY, 2 * k) && size <= maxSteps) return allEigenvalues(products, k, key, tolerance, vectors);

  const columnsAreLeft = size <= SMALL && maxSteps >= 2 * size;
  const search = {k, which, tolerance, maxSteps: columnsAreLeft ? size : maxSteps, seed};
  const basis = newKrylovBasis(1, size);
  const norm: NormBound = {value: 0};
  let locked: Locked[] = [];
  /** The probability that a better eigenvalue than those in the list was missed. */
  let doubt = 1;
  let verified = false;
  let spent = false;
  try {
    for (let round = 0; !verified && !spent; round++) {
      const end = await searchComplement(products, basis, locked, norm, {...search, round, doubt});
      if (norm.value > 0) requireSymmetric(end.asymmetry / norm.value);
      const better = chosenFrom(end.pairs, locked, k, key, norm.value);
      spent = end.spent || products.count >= search.maxSteps;
      const searched = locked.length + end.pairs.length === size;
      const room = size - locked.length;
      rotateChain(basis, locked.length, better);
      locked = keepBest(basis, [...locked, ...better], k, key);
      // A space holds one copy of a repeated eigenvalue. That is enough for k = 1; otherwise only a space without a
      // better eigenvalue tells that the list is complete.
      const says = locked.length === k && (k === 1 || better.length === 0);
      const miss = says ? missedBeyond(locked[k - 1]!, end.polynomial, room, norm, search) : 1;
      doubt = better.length === 0 ? doubt * miss : miss;
      verified = searched || (!end.spent && doubt <= MISS);
    }
    if (!verified && columnsAreLeft) return allEigenvalues(products, k, key, tolerance, vectors);
    warnOfZero(products);
    const {scale} = products;
    const withinTolerance = locked.every(pair => isWithin(pair, tolerance, norm.value));
    return {
      values: locked.map(({value}) => value * scale),
      residuals: locked.map(({residual}) => residual * scale),
      ...(vectors ? {vectors: columnsOf(basis)} : {}),
      steps: products.count,
      converged: verified && withinTolerance && locked.length === k,
    };
  } finally {
    basis.dispose();
  }
}

/** An eigenpair whose vector lies in the basis. */
type Locked = Pick<RitzPair, 'value' | 'residual'>;

type Search = Required<Omit<EigenvaluesArgs, 'vectors' | keyof LongWorkArgs>>;

/** How far an eigenvalue may be from `value`. */
function reachOf(value: number, tolerance: number, norm: number): number {
  return tolerance * Math.max(Math.abs(value), SMALLEST_SCALE * norm);
}

function isWithin({value, residual}: Locked, tolerance: number, norm: number): boolean {
  return residual <= reachOf(value, tolerance, norm);
}

/**
 * The pairs of a chain that are among the k best of the chain's and the locked ones. Of two that are equal up to
 * rounding, the locked one is preferred: it is in the list already.
 */
function chosenFrom<T extends {readonly value: number}>(
  pairs: readonly T[],
  locked: readonly Locked[],
  k: number,
  key: (value: number) => number,
  norm: number,
): T[] {
  const free = k - locked.length;
  return pairs.slice(0, k).filter(({value}, i) => {
    if (i < free) return true;
    const rival = locked[k - 1 - i];
    return rival !== undefined && key(value) > key(rival.value) + ROUNDING_FLOOR * norm;
  });
}

/**
 * Grows a chain in the complement of the locked vectors until its pairs among the k best have converged, or until
 * there are none.
 */
async function searchComplement(
  products: Products,
  basis: KrylovBasis,
  locked: readonly Locked[],
  norm: NormBound,
  {round, doubt, ...search}: Search & {readonly round: number; readonly doubt: number},
): Promise<ChainEnd> {
  const {k, which, tolerance, maxSteps, seed} = search;
  const key = KEYS[which];
  const room = basis.size - locked.length;
  const affordable = Math.floor(MAX_BASIS_BYTES / (4 * basis.size));
  const capacity = Math.min(room, Math.max(k + 8, Math.min(affordable, Math.max(100, 2 * k + 50))));
  // Once rounding is more than half of the residual, further steps cannot halve it.
  const hasConverged = (pair: RitzPair): boolean =>
    isWithin(pair, tolerance, norm.value) || pair.error <= pair.residual / 2;
  const isEnough = (pairs: readonly RitzPair[], polynomial: RitzPolynomial): boolean => {
    if (locked.length + pairs.length < k) return false;
    const wanted = chosenFrom(pairs, locked, k, key, norm.value);
    if (!wanted.every(hasConverged)) return false;
    // For k > 1, the complement of what was found is searched next.
    if (wanted.length > 0 && k > 1) return true;
    const kth = wanted[0] ?? locked[k - 1]!;
    const before = wanted.length > 0 ? 1 : doubt;
    return before * missedBeyond(kth, polynomial, room, norm, search) <= MISS;
  };
  basis.beginAtRandom(deriveSeed(seed, 'eigenvalues', round));
  return growChain(products, basis, norm, {
    key,
    keep: k + Math.floor((capacity - k) / 2),
    capacity,
    maxProducts: maxSteps,
    isEnough,
  });
}

/** The probability that a chain in `room` dimensions missed an eigenvalue that is better than the k-th by more than the tolerance. */
function missedBeyond(
  {value, residual}: Locked,
  polynomial: RitzPolynomial,
  room: number,
  norm: NormBound,
  {which, tolerance}: Search,
): number {
  const distance = Math.max(reachOf(value, tolerance, norm.value), residual);
  const beyond = {
    largest: [value + distance],
    smallest: [value - distance],
    magnitude: [Math.abs(value) + distance, -Math.abs(value) - distance],
  };
  return Math.max(...beyond[which].map(x => polynomial.missProbability(x, room)));
}

/** Sorts the vectors of the basis, best first, and keeps the first k. */
function keepBest(basis: KrylovBasis, pairs: readonly Locked[], k: number, key: (value: number) => number): Locked[] {
  const order = pairs
    .map((_, i) => i)
    .sort((a, b) => key(pairs[b]!.value) - key(pairs[a]!.value))
    .slice(0, k);
  basis.rotate([order.map(i => pairs.map((_, j) => (i === j ? 1 : 0)))]);
  return order.map(i => pairs[i]!);
}

/** The vectors of the basis as columns; the caller owns them. */
function columnsOf(basis: KrylovBasis): tf.Tensor2D {
  const all = Array.from({length: basis.length}, (_, i) =>
    Array.from({length: basis.length}, (_, j) => (i === j ? 1 : 0)),
  );
  const rows = basis.combine([all]);
  try {
    return tf.tidy(() => tf.transpose(rows) as tf.Tensor2D);
  } finally {
    rows.dispose();
  }
}

/** The k best of all eigenvalues, from the operator's columns. */
async function allEigenvalues(
  products: Products,
  k: number,
  key: (value: number) => number,
  tolerance: number,
  wantVectors: boolean,
): Promise<Eigenvalues> {
  const {values, vectors, residuals} = await exactSpectrum(products);
  warnOfZero(products);
  const best = values
    .map((_, i) => i)
    .sort((a, b) => key(values[b]!) - key(values[a]!))
    .slice(0, k);
  const norm = Math.max(...values.map(Math.abs));
  const columns = values.map((_, row) => best.map(i => vectors[i]![row]!));
  return {
    values: best.map(i => values[i]!),
    residuals: best.map(i => residuals[i]!),
    ...(wantVectors ? {vectors: tf.tensor2d(columns, [values.length, k])} : {}),
    steps: products.count,
    converged: best.every(i => isWithin({value: values[i]!, residual: residuals[i]!}, tolerance, norm)),
  };
}
