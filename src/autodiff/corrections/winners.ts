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
  const others = tf.cumsum(ties, 1, true, takesLast(spatialAxes));
  return tf.mul(ties, tf.cast(tf.equal(others, 0), 'float32'));
}

function takesLast(spatialAxes: number): boolean {
  const engine = tf.getBackend();
  return engine === 'webgl' || engine === 'webgpu' || (engine === 'cpu' && spatialAxes === 3);
}
