import * as tf from '@tensorflow/tfjs-core';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {deriveSeed} from '../random.js';
import {requireInteger, requireOneOf, requireOperator, requirePositive, requireSeed, requireWithinSize} from './arguments.js';
import {exactSpectrum} from './exact-spectrum.js';
import {type ChainEnd, growChain, type RitzPair, rotateChain} from './krylov-chain.js';
import {randomDirection, ROUNDING_FLOOR} from './lanczos.js';
import {OrthonormalBasis} from './orthonormal-basis.js';
import {Products} from './products.js';

/** Which end of the spectrum is wanted: the greatest, the least, or the greatest magnitudes. */
export type WhichEigenvalues = 'largest' | 'smallest' | 'magnitude';

/** Options of `eigenvalues`. */
export interface EigenvaluesArgs {
  /** How many are wanted, with multiplicity. Default: 1. */
  readonly k?: number;
  /** Default: 'largest'. */
  readonly which?: WhichEigenvalues;
  /** Residuals asked for, in parts of the largest magnitude. Default: 1e-3. */
  readonly tolerance?: number;
  /** Products to spend at most. Default: 20 k, and at least 300. */
  readonly maxSteps?: number;
  /** Default: 0. */
  readonly seed?: number;
  /** Whether to return the eigenvectors. Default: false. */
  readonly vectors?: boolean;
}

/** Eigenvalues of one end of a spectrum, best first. */
export interface Eigenvalues {
  readonly values: number[];
  /** A true eigenvalue lies within `residuals[i]` of `values[i]`: ‖A y − θ y‖ and the rounding of float32. */
  readonly residuals: number[];
  /** `[size, values.length]`, orthonormal columns; the caller owns it. Only where asked for. */
  readonly vectors?: tf.Tensor2D;
  /** Products spent. */
  readonly steps: number;
  /** All k were found, their residuals are within the tolerance, and nothing better was seen in their complement. */
  readonly converged: boolean;
}

/** Up to this size an operator is taken apart column by column, whatever is asked for. */
const TINY = 16;

/** The chain's basis stays below this where it can. */
const MAX_BASIS_BYTES = 2 ** 30;

/** The chance that a search of the complement misses an eigenvalue that it is meant to rule out. */
const MISS = 0.01;

const KEYS: Record<WhichEigenvalues, (value: number) => number> = {
  largest: value => value,
  smallest: value => -value,
  magnitude: value => Math.abs(value),
};

/**
 * The k largest or smallest eigenvalues of a symmetric operator, or those of largest magnitude, with multiplicity.
 *
 * Lanczos' method with full reorthogonalization and thick restarts. A single Krylov space holds one copy of a repeated
 * eigenvalue; for k > 1 the complement of what has converged is therefore searched from a new random vector until it shows
 * nothing better. If the operator has at most 16 dimensions, or k is more than half of them, all its columns are computed
 * instead, and the list is complete.
 *
 * Costs `steps` products, at most `maxSteps`; k = 1 typically takes 10 to 40. Memory: max(60, 2 k + 30) + k vectors of float32,
 * fewer (k + 8) + k where those would take more than 1 GiB. Throws an `InvalidArgumentError` for bad options, and for an
 * operator whose product has the wrong shape or is not finite.
 *
 * Source: Lanczos (1950); Parlett (1980), chapter 13; Wu & Simon (2000) for the restarts; Kuczyński & Woźniakowski (1992), theorem
 * 4.2, for how long the search of the complement has to be.
 *
 * ```ts
 * const {values: [top], residuals: [bound], converged} = await eigenvalues(operator, {tolerance: 1e-4});
 * ```
 */
export async function eigenvalues(
  op: MatvecOperator,
  {
    k = 1,
    which = 'largest',
    tolerance = 1e-3,
    maxSteps = Math.max(300, 20 * k),
    seed = 0,
    vectors = false,
  }: EigenvaluesArgs = {},
): Promise<Eigenvalues> {
  requireOperator(op);
  requireInteger('k', k);
  requireWithinSize('k', k, op);
  requireOneOf('which', which, ['largest', 'smallest', 'magnitude']);
  requirePositive('tolerance', tolerance);
  requireInteger('maxSteps', maxSteps, k);
  requireSeed(seed);
  const products = new Products(op);
  const key = KEYS[which];
  const {size} = op;
  if (size <= Math.max(TINY, 2 * k) && size <= maxSteps) return allEigenvalues(products, k, key, tolerance, vectors);

  const basis = new OrthonormalBasis(1, size);
  let locked: Locked[] = [];
  const norm = {value: 0};
  let verified = false;
  try {
    for (let round = 0; !verified && products.count < maxSteps; round++) {
      const end = await nextChain(products, basis, locked, norm, round, {k, key, tolerance, maxSteps, seed});
      // The chain's vectors still lie in the basis: keep those of its pairs that belong to the best k.
      const threshold = locked.length < k ? Number.NEGATIVE_INFINITY : key(locked[k - 1]!.value) + slack(norm.value);
      const better = end.pairs.filter(({value}) => key(value) > threshold).slice(0, k);
      verified = !end.spent && (k === 1 || (locked.length >= k && better.length === 0));
      rotateChain(basis, locked.length, better);
      locked = keepBest(basis, [...locked, ...better], k, key);
      if (locked.length >= k && basis.length === size) verified = true;
      // Nothing is left to search.
      if (end.exhausted && end.pairs.length === size - (basis.length - better.length)) verified = true;
    }
    const {scale} = products;
    const residuals = locked.map(({residual}) => residual * scale);
    return {
      values: locked.map(({value}) => value * scale),
      residuals,
      ...(vectors ? {vectors: columns(basis)} : {}),
      steps: products.count,
      converged: verified && locked.length === k && residuals.every(r => r <= tolerance * norm.value * scale),
    };
  } finally {
    basis.dispose();
  }
}

type Locked = Pick<RitzPair, 'value' | 'residual'>;

/** Differences of this size are rounding. */
const slack = (norm: number): number => ROUNDING_FLOOR * norm;

interface Search extends Required<Omit<EigenvaluesArgs, 'vectors' | 'which'>> {
  readonly key: (value: number) => number;
}
