// One Krylov space in the complement of vectors that are locked, kept short by thick restarts (Wu & Simon, 2000):
//
//   A [X Q_j] = [X Q_j] [·  C; ·  T_j] + β q_{j+1} e_jᵀ
//
// X: locked vectors, Q_j: the chain's. When the basis is full, the best Ritz vectors Q S stay, with q_{j+1} after them;
// T is then diagonal with an arrow β S_j,: that the next product measures once more.

import {BREAKDOWN, FLOAT32_EPSILON, ROUNDING_FLOOR} from '../linalg/float32.js';
import {symmetricEigen} from '../linalg/symmetric-eigen.js';
import type {Products} from '../products/products.js';
import type {KrylovBasis} from './krylov-basis.js';
import {RitzPolynomial} from './ritz-polynomial.js';

/** An approximate eigenpair of the chain. */
export interface RitzPair {
  readonly value: number;
  /** ‖A y − θ y‖ by the recurrence. */
  readonly error: number;
  /** `error` plus the rounding of float32: a true eigenvalue lies within it. */
  readonly residual: number;
  /** y = Q s: s in the chain's coordinates. */
  readonly coordinates: number[];
}

/** The result of growing a chain. */
export interface ChainEnd {
  /** Best first. */
  readonly pairs: RitzPair[];
  /**
   * The space is invariant: its Ritz pairs are exact, and it holds every eigenvalue of the complement at least once.
   */
  readonly exhausted: boolean;
  /** Whether the products ran out before the chain was done. */
  readonly spent: boolean;
  /** Bounds the probability that the chain missed an eigenvalue. */
  readonly polynomial: RitzPolynomial;
  /** The asymmetry of the products: rounding, or an operator that is not symmetric. */
  readonly asymmetry: number;
}

/** A lower bound of ‖A‖, which grows with the products. */
export interface NormBound {
  value: number;
}

/** How a chain grows. */
export interface ChainArgs {
  /** Orders Ritz values: the greatest key is the best. */
  readonly key: (value: number) => number;
  /** How many of the best pairs a restart keeps. */
  readonly keep: number;
  /** The most vectors of the chain at a time. */
  readonly capacity: number;
  /** No product beyond this count. */
  readonly maxProducts: number;
  /** Whether the pairs, best first, are good enough. */
  readonly isEnough: (pairs: readonly RitzPair[], polynomial: RitzPolynomial) => boolean;
}

/**
 * Grows a chain from the next vector of the `basis`, whose vectors are locked.
 *
 * The chain's vectors lie in the basis after the locked ones when this returns. One product and one read a step.
 */
export async function growChain(
  products: Products,
  basis: KrylovBasis,
  norm: NormBound,
  {key, keep, capacity, maxProducts, isEnough}: ChainArgs,
): Promise<ChainEnd> {
  const locked = basis.length;
  const room = basis.size - locked;
  let T: number[][] = [];
  /** Xᵀ A q for each vector of the chain. */
  let coupling: number[][] = [];
  let asymmetry = 0;
  let steps = 0;
  let polynomial = RitzPolynomial.one;

  const ontoLocked = (columns: readonly number[][], s: readonly number[]): number[] =>
    Array.from({length: locked}, (_, l) => columns.reduce((sum, column, j) => sum + column[l]! * s[j]!, 0));

  const ritzPairs = (beta: number): RitzPair[] => {
    const {values, vectors} = symmetricEigen(T);
    norm.value = Math.max(norm.value, Math.abs(values[0]!), Math.abs(values.at(-1)!));
    const rounding = ROUNDING_FLOOR * norm.value + asymmetry * Math.sqrt(T.length);
    return values
      .map((value, i): RitzPair => {
        const s = vectors[i]!;
        const error = Math.hypot(beta * s.at(-1)!, ...ontoLocked(coupling, s));
        return {value, error, residual: error + rounding, coordinates: s};
      })
      .sort((a, b) => key(b.value) - key(a.value));
  };

  for (;;) {
    const step = await basis.step(products);
    steps++;
    norm.value = Math.max(norm.value, step.norm[0]!);

    const projection = step.coefficients[0]!;
    const column = projection.slice(locked);
    const j = column.length;
    coupling.push(projection.slice(0, locked));
    // The entries above the diagonal are known from the columns before: a difference is rounding, or asymmetry of A.
    const known = T.map(row => row[j - 1]!);
    asymmetry = Math.max(asymmetry, Math.hypot(...column.slice(0, -1).map((h, i) => h - known[i]!)));
    T = [...T, [...known, column[j - 1]!]];

    const exhausted = j === room || step.beta[0]! <= BREAKDOWN * norm.value;
    const spent = products.count >= maxProducts;
    const full = j === capacity;
    const beta = j === room ? 0 : step.beta[0]!;
    polynomial = polynomial.multiplied(Math.max(beta, j === room ? 0 : FLOAT32_EPSILON * norm.value));
    let arrow = T.map((_, i) => (i === j - 1 ? beta : 0));
    // For a long chain, an eigenproblem at each step would cost more than the steps.
    if (exhausted || spent || full || steps % Math.max(1, Math.floor(j / 10)) === 0) {
      const pairs = ritzPairs(beta);
      polynomial = polynomial.at(pairs.map(({value}) => value));
      const enough = exhausted || isEnough(pairs, polynomial);
      if (enough || spent) return {pairs, exhausted, spent: !enough, polynomial, asymmetry};
      if (full) {
        const kept = pairs.slice(0, keep);
        polynomial = polynomial.restarted(pairs.slice(keep).map(({value}) => value));
        rotateChain(basis, locked, kept);
        coupling = kept.map(({coordinates: s}) => ontoLocked(coupling, s));
        T = kept.map(({value}, i) => kept.map((_, column2) => (column2 === i ? value : 0)));
        arrow = kept.map(({coordinates: s}) => beta * s.at(-1)!);
      }
    }
    T = T.map((row, i) => [...row, arrow[i]!]);
    await basis.follow([false], 0);
  }
}

/** Keeps the locked vectors of the basis, and replaces the chain's by the Ritz vectors of `pairs`. */
export function rotateChain(basis: KrylovBasis, locked: number, pairs: readonly RitzPair[]): void {
  basis.rotate([
    [
      ...Array.from({length: locked}, (_, l) => Array.from({length: basis.length}, (_, i) => (i === l ? 1 : 0))),
      ...pairs.map(({coordinates}) => [...new Array<number>(locked).fill(0), ...coordinates]),
    ],
  ]);
}
