import type {Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {positiveNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {isRealTensor} from '../arguments/tensors.js';
import {deviceVerdict} from '../autodiff/webgpu/device-errors.js';
import {InvalidArgumentError} from '../errors.js';
import {type LongWorkArgs, longWork, longWorkEntries, type Work} from '../long-work.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator} from '../operators/operator-argument.js';
import {pausedProduct} from '../operators/paused-product.js';

/** Options of `conjugateGradient`. */
export interface ConjugateGradientArgs extends LongWorkArgs {
  /** ‖b − A x‖ / ‖b‖ at which to stop; default 1e-4. */
  readonly tolerance?: number;
  /** Products at most; default the operator's size, and 250 at most. */
  readonly maxSteps?: number;
}

const conjugateGradientArgs = optionsOf<ConjugateGradientArgs>('conjugateGradient()')({
  tolerance: optional(positiveNumber(), 1e-4),
  maxSteps: optional(wholeNumber()),
  ...longWorkEntries,
});

/** What `conjugateGradient` returns. The caller owns `solution`. */
export interface ConjugateGradientResult {
  /** `[size]`; the caller owns it. */
  readonly solution: Tensor1D;
  /** ‖b − A x‖ / ‖b‖, by the recurrence. */
  readonly residual: number;
  /** Products taken. */
  readonly steps: number;
  readonly converged: boolean;
  /** Whether the iteration stopped at a direction of negative or zero curvature: A is not positive definite. */
  readonly indefinite: boolean;
}

/**
 * Solves A x = b for a positive definite operator, by conjugate gradients (Hestenes & Stiefel 1952).
 *
 * For a Newton step, damp the operator: `shifted(op, 1e-3)`. If A turns out not to be positive definite, `solution`
 * is the iterate before that step, and `indefinite` is true. A step costs a product and two reads from the engine.
 *
 * @throws InvalidArgumentError for a right side of another size, for bad options, for products that are not finite.
 */
export async function conjugateGradient(
  op: MatvecOperator,
  b: Tensor1D,
  args?: ConjugateGradientArgs,
): Promise<ConjugateGradientResult> {
  requireOperator(op);
  const {tolerance, maxSteps = Math.min(op.size, 250), ...long} = conjugateGradientArgs(args);
  if (!isRealTensor(b) || b.size !== op.size) {
    throw new InvalidArgumentError(`b is ${show(b)}; the operator multiplies vectors of shape [${op.size}].`);
  }
  return longWork(long, maxSteps, work => solve(op, b, {tolerance, maxSteps}, work));
}

async function solve(
  op: MatvecOperator,
  b: Tensor1D,
  {tolerance, maxSteps}: {readonly tolerance: number; readonly maxSteps: number},
  work: Work,
): Promise<ConjugateGradientResult> {
  let solution = tf.zeros<tf.Rank.R1>([op.size]);
  let residual = b.clone();
  let direction = b.clone();
  const replaceAll = (x: Tensor1D, r: Tensor1D, p: Tensor1D) => {
    tf.dispose([solution, residual, direction]);
    [solution, residual, direction] = [x, r, p];
  };
  const state = {steps: 0, indefinite: false};
  const verdict = deviceVerdict();
  try {
    const [norm] = await read(() => [dot(b, b)]);
    let rr = norm!;
    const target = tolerance ** 2 * norm!;
    while (rr > target && state.steps < maxSteps) {
      const image = await pausedProduct(op, direction, work);
      state.steps++;
      try {
        await verdict?.();
        const [curvature] = await read(() => [dot(direction, image)]);
        if (!Number.isFinite(curvature)) {
          throw new InvalidArgumentError('A product with the operator is not finite, so the system cannot be solved.');
        }
        if (curvature! <= 0) {
          state.indefinite = true;
          break;
        }
        const length = rr / curvature!;
        const [x, r] = tf.tidy(() => [
          tf.add(solution, tf.mul(direction, length)),
          tf.sub(residual, tf.mul(image, length)),
        ]) as [Tensor1D, Tensor1D];
        const [next] = await read(() => [dot(r, r)]);
        const turned: Tensor1D = tf.tidy(() => tf.add(r, tf.mul(direction, next! / rr)));
        replaceAll(x, r, turned);
        rr = next!;
      } finally {
        image.dispose();
      }
    }
    return {
      solution: solution.clone(),
      residual: norm === 0 ? 0 : Math.sqrt(rr / norm!),
      converged: rr <= target,
      ...state,
    };
  } finally {
    tf.dispose([solution, residual, direction]);
  }
}

function dot(a: Tensor1D, b: Tensor1D): tf.Scalar {
  return tf.sum(tf.mul(a, b));
}

/** The values of some scalars. One read. */
async function read(scalars: () => tf.Scalar[]): Promise<number[]> {
  const stacked = tf.tidy(() => tf.stack(scalars()));
  try {
    return Array.from(await stacked.data());
  } finally {
    stacked.dispose();
  }
}
