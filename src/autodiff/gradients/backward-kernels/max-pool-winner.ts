import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * One winner in each window of a max pool.
 *
 * Of several elements that are the maximum, TensorFlow.js' gradient goes to the first, or to the last, as the engine's kernel
 * compares. The tangent must come from the same one: otherwise the two are not derivatives of one function.
 *
 * @param ties `[windows, places]`: 1 for what equals the window's maximum, 0 elsewhere.
 * @returns the same with one 1 in each row.
 */
export function oneWinner(ties: Tensor, spatialAxes: number): Tensor {
  const places = ties.shape[1]!;
  // Each place has a rank of its own, and the tie of highest rank wins. A cumulative sum would do, but WebGPU's from the end is wrong.
  const ranks = tf.tensor1d(Array.from({length: places}, (_, i) => (takesLast(spatialAxes) ? i + 1 : places - i)));
  const ranked = tf.mul(ties, ranks);
  return tf.mul(ties, tf.cast(tf.equal(ranked, tf.max(ranked, 1, true)), 'float32'));
}

function takesLast(spatialAxes: number): boolean {
  const engine = tf.getBackend();
  return engine === 'webgl' || engine === 'webgpu' || (engine === 'cpu' && spatialAxes === 3);
}
