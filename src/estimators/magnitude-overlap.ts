import type {Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {realTensor} from '../arguments/tensors.js';
import {InvalidArgumentError} from '../errors.js';
import {readRows} from './linalg/read-rows.js';

/** Options of `magnitudeOverlap`. */
export interface MagnitudeOverlapArgs {
  /** How many of the largest weights count. Default: as many as there are vectors. */
  readonly count?: number;
}

const magnitudeOverlapArgs = optionsOf<MagnitudeOverlapArgs>('magnitudeOverlap()')({count: optional(wholeNumber())});
const basis = realTensor<Tensor2D>('a tensor of orthonormal columns, [size, k]');
const flat = realTensor<Tensor1D>('a tensor of weights, [size]');

/** How much of a space lies on the largest weights. */
export interface MagnitudeOverlap {
  /** 0: the space is zero on these weights. 1: it has nothing outside of them, or holds all of their axes. */
  readonly value: number;
  /** The expected value for a random space. */
  readonly baseline: number;
}

/**
 * The overlap of a space U, such as a Hessian's top eigenspace, with the axes of the m weights of largest magnitude:
 *
 *   ‖S Uᵀ‖²_F / min(k, m) = Σ_{i ∈ top m} ‖U_i‖² / min(k, m)
 *
 * where S selects these weights. For a random space of dimension k it is max(k, m) / size on average: k / size with as many weights as vectors. It
 * tells whether magnitude pruning keeps the directions in which the loss is curved.
 *
 * No products. Among weights of equal magnitude the first count.
 *
 * Source: Fernandez et al. (2025), overlaps of Hessian eigenspaces with parameter masks; Gur-Ari, Roberts & Dyer (2018) for the overlap.
 *
 * @param vectors orthonormal columns, `[size, k]`, as `eigenspace` and `eigenvalues` return them; the caller keeps them.
 * @param weights the weights in the order of the vectors, `[size]`; the caller keeps them.
 * @throws InvalidArgumentError for bad shapes, a count above the size, and for numbers that are not finite.
 * @example
 * const {vectors} = await eigenspace(H, {k: 10});
 * const {value, baseline} = await magnitudeOverlap(vectors, weights);
 */
export async function magnitudeOverlap(
  vectors: Tensor2D,
  weights: Tensor1D,
  args?: MagnitudeOverlapArgs,
): Promise<MagnitudeOverlap> {
  check('vectors', basis, vectors);
  check('weights', flat, weights);
  const {count: given} = magnitudeOverlapArgs(args);
  if (vectors.rank !== 2 || weights.rank !== 1 || vectors.shape[0] !== weights.shape[0]) {
    throw new InvalidArgumentError(
      `vectors has shape [${vectors.shape.join(', ')}] and weights [${weights.shape.join(', ')}]; they must be [size, k] and [size].`,
    );
  }
  const [size, k] = vectors.shape;
  const count = given ?? k;
  if (count > size)
    throw new InvalidArgumentError(`count is ${count}, but there are ${size} weights; take at most ${size}.`);
  const [[inside, areFinite]] = (await readRows(() => {
    const largest = tf.topk(tf.abs(weights), count).indices;
    const squares = tf.sum(tf.square(tf.gather(vectors, largest)));
    const finite = tf.logicalAnd(tf.all(tf.isFinite(vectors)), tf.all(tf.isFinite(weights)));
    const parts = [tf.where(finite, squares, tf.scalar(0)), tf.cast(finite, 'float32')];
    return tf.reshape(tf.stack(parts), [1, 2]);
  })) as [[number, number]];
  if (areFinite === 0) throw new InvalidArgumentError('vectors or weights are not finite (NaN or Infinity).');
  const smaller = Math.min(k, count);
  return {value: Math.min(1, inside / smaller), baseline: Math.max(k, count) / size};
}
