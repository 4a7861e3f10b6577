import type * as tf from '@tensorflow/tfjs-core';
import type {Products} from '../products/products.js';

/** One step of the recurrence for each of p bases with the newest vectors q. */
export interface KrylovStep {
  /** Qᵀ A q, one row a basis: the last entry is α. */
  readonly coefficients: number[][];
  /** β = ‖A q − Q Qᵀ A q‖. */
  readonly beta: number[];
  /** ‖A q‖, a lower bound of ‖A‖. */
  readonly norm: number[];
}

/** A vector that keeps this part of its length when it is orthogonalized keeps its precision (Kahan and Parlett). */
export const ENOUGH_LEFT = 0.5;

/** Is called with vectors and their products, `[p, n]` each, before they are disposed of. */
export type Inspect = (q: tf.Tensor2D, product: tf.Tensor2D) => Promise<void>;

/**
 * p orthonormal bases Q of the same length that grow in lock step by products with A, and the next vector of each.
 *
 * Start, or restart, with `beginWith` or `beginAtRandom`; then call `step` and `follow` by turns. `newKrylovBasis`
 * decides whether the vectors are tensors or arrays. Owns them: call `dispose`.
 */
export interface KrylovBasis {
  /** p. */
  readonly count: number;
  /** n. */
  readonly size: number;
  /** How many vectors each basis has. */
  readonly length: number;

  /** Sets the next vectors: unit vectors, one a basis and orthogonal to it. */
  beginWith(vectors: readonly Float32Array[]): void;

  /** Sets the next vectors to random unit vectors that are orthogonal to their bases. */
  beginAtRandom(seed: number): void;

  /** Appends the next vectors q to the bases, multiplies them, and orthogonalizes the products to the bases. One read. */
  step(products: Products, inspect?: Inspect): Promise<KrylovStep>;

  /** Sets the next vectors to what the step has left, divided by β; if nothing is left (`ended`), to a random direction. */
  follow(ended: readonly boolean[], seed: number): Promise<void>;

  /** The next vectors, `[p, n]`; the caller owns them. */
  following(): tf.Tensor2D;

  /** Linear combinations of each basis' vectors, from rows of `length` coefficients: `[rows, n]`, basis by basis; the caller owns them. */
  combine(coefficients: readonly (readonly (readonly number[])[])[]): tf.Tensor2D;

  /** Replaces each basis by such combinations, which must be orthonormal. */
  rotate(coefficients: readonly (readonly (readonly number[])[])[]): void;

  /** The rows `[c, n]`, orthogonalized to one of the bases; the caller owns them. */
  without(index: number, rows: tf.Tensor2D): Promise<tf.Tensor2D>;

  dispose(): void;
}
