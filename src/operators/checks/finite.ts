import type {Scalar} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../errors.js';

/**
 * Reads a loss.
 *
 * @throws InvalidArgumentError if it is not finite.
 */
export async function finite(loss: Scalar): Promise<number> {
  const value = (await loss.data())[0]!;
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError(
    `The loss is ${value} at these weights, so it has no curvature; look for a learning rate that is too high, ` +
      'for a log or a division of zero, or for bad values in the batch.',
  );
}
