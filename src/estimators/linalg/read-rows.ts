import * as tf from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../errors.js';
import {turnIfDue} from '../../event-loop.js';

export function notFinite(): InvalidArgumentError {
  return new InvalidArgumentError(
    "The operator's product is not finite (NaN or Infinity) for a finite vector; " +
      'check the loss, the weights and the batch it was made from.',
  );
}

/**
 * The numbers of a small matrix that `compute` makes or hands over. One read. Other code gets its turn before, if it is due.
 *
 * @throws InvalidArgumentError if one of them is not finite.
 */
export async function readRows(compute: () => tf.Tensor2D): Promise<number[][]> {
  await turnIfDue();
  const tensor = tf.tidy(() => tf.keep(compute()));
  try {
    const values = await tensor.data();
    const [rows, columns] = tensor.shape;
    const matrix = Array.from({length: rows}, (_, i) => Array.from(values.subarray(i * columns, (i + 1) * columns)));
    if (!matrix.flat().every(Number.isFinite)) throw notFinite();
    return matrix;
  } finally {
    tensor.dispose();
  }
}
