import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {ReplacedGradient} from './replaced-gradient.js';

/**
 * Each element's share in the maximum or minimum of its row: 1/n for each of n elements that tie, 0 for the others.
 *
 * Where elements tie the extreme has no derivative. The mean over them is one that is the derivative of one function, whichever
 * way it is taken; TensorFlow and JAX choose it too.
 */
export function shareOfExtreme(x: Tensor, extreme: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const ties = tf.cast(tf.equal(x, tf.reshape(extreme, kept)), 'float32');
  return tf.div(ties, tf.sum(ties, [...axes], true));
}

/**
 * The gradient of `Max` and `Min`: dy in equal shares to all elements that tie. TensorFlow.js gives each of them all of dy,
 * which is the derivative of no function. Without ties the two have the same bits.
 */
export function extremeGradient(kernelName: 'Max' | 'Min', axesName: string): ReplacedGradient {
  const gradient: GradConfig = {
    kernelName,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, [x, extreme], attrs) => ({
      x: () => {
        const axes = tf.util.parseAxisParam((attrs[axesName] ?? undefined) as number[], x!.shape);
        const share = shareOfExtreme(x!, extreme!, axes);
        const kept = x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
        return tf.mul(tf.reshape(dy as Tensor, kept), share);
      },
    }),
  };
  return {
    gradient,
    own: {
      saved: () => [tf.zeros([2]), tf.zeros([])],
      dy: () => tf.zeros([]),
      attrs: {[axesName]: [0]},
      kernels: 'Reshape,Reshape,Equal,Cast,Multiply',
    },
  };
}
