import type * as tf from '@tensorflow/tfjs-core';
import type {Products} from '../products/products.js';

/** One step of the recurrence for each of p bases, whose newest vectors q have been multiplied with A. */
export interface KrylovStep {
  /** Qᵀ A q, one row a basis: the last entry is α. */
  readonly coefficients: number[][];
  /** β = ‖A q − Q Qᵀ A q‖. */
  readonly beta: number[];
  /** ‖A q‖, a lower bound of ‖A‖. */
  readonly norm: number[];
}

/** A vector that keeps this much of its length when the basis is taken out has kept its precision (Kahan and Parlett). */
export const ENOUGH_LEFT = 0.5;

/** Sees vectors and their products, `[p, n]` each, before they are given back. */
export type Inspect = (q: tf.Tensor2D, product: tf.Tensor2D) => Promise<void>;

/**
 * p orthonormal bases Q of the same length that grow in lock step by products with A, and the vectors that follow in each.
 *
 * To begin, or to begin anew: `beginWith` or `beginAtRandom`; then `step` and `follow` by turns. Where the vectors lie is the
 * basis' own affair (see `newKrylovBasis`). Owns them: call `dispose`.
 */
export interface KrylovBasis {
  /** p. */
  readonly count: number;
  /** n. */
  readonly size: number;
  /** How many vectors each basis has. */
  readonly length: number;

  /** These unit vectors follow, one a basis and orthogonal to it. */
  beginWith(vectors: readonly Float32Array[]): void;

  /** Random unit vectors follow, orthogonal to their bases. */
  beginAtRandom(seed: number): void;

  /** Adds the vectors q that follow to the bases, multiplies them, and takes the bases out of the products. One read. */
  step(products: Products, inspect?: Inspect): Promise<KrylovStep>;

  /** What the step has left follows, divided by β; where nothing is left (`ended`), a random direction does. */
  follow(ended: readonly boolean[], seed: number): void;

  /** The vectors that follow, `[p, n]`; the caller owns them. */
  following(): tf.Tensor2D;

  /** Sums of each basis' vectors, by rows of `length` coefficients: `[rows, n]`, basis by basis; the caller owns them. */
  combine(coefficients: readonly (readonly (readonly number[])[])[]): tf.Tensor2D;

  /** Puts such sums in the place of each basis. They must be orthonormal. */
  rotate(coefficients: readonly (readonly (readonly number[])[])[]): void;

  /** The rows `[c, n]` without their parts in one of the bases; the caller owns them. */
  without(index: number, rows: tf.Tensor2D): Promise<tf.Tensor2D>;

  dispose(): void;
}
