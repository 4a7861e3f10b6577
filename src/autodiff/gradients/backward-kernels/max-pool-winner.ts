import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Chooses one winner in each window of a max pool.
 *
 * If several elements equal the maximum, TensorFlow.js' gradient goes to the first or the last of them, depending on the
 * engine. The tangent must come from the same element; otherwise gradient and tangent belong to different functions.
 *
 * @param ties `[windows, places]`: 1 where an element equals the window's maximum, 0 elsewhere.
 * @returns the same shape, with a single 1 in each row.
 */
export function oneWinner(ties: Tensor, spatialAxes: number): Tensor {
  const places = ties.shape[1]!;
  // The tied element of the highest rank wins. A cumulative sum would also work, but WebGPU's reversed one is wrong.
  const ranks = tf.tensor1d(Array.from({length: places}, (_, i) => (takesLast(spatialAxes) ? i + 1 : places - i)));
  const ranked = tf.mul(ties, ranks);
  return tf.mul(ties, tf.cast(tf.equal(ranked, tf.max(ranked, 1, true)), 'float32'));
}

function takesLast(spatialAxes: number): boolean {
  const engine = tf.getBackend();
  return engine === 'webgl' || engine === 'webgpu' || (engine === 'cpu' && spatialAxes === 3);
}
