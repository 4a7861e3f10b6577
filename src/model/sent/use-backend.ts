import * as tf from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../errors.js';

/**
 * Computes on the backend of another thread: only the same backend gives the same numbers.
 *
 * @throws InvalidArgumentError if it is not there.
 */
export async function useBackend(name: string): Promise<void> {
  if (tf.getBackend() === name) return;
  if (tf.engine().registryFactory[name] === undefined || !(await tf.setBackend(name))) {
    throw new InvalidArgumentError(
      `The model trains on the backend "${name}", which the worker does not have; import it in the worker's script.`,
    );
  }
}
