import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {ReplacedGradient} from './replaced-gradient.js';

/**
 * Each element's share in the maximum or minimum of its row: 1/n for each of n elements that tie, 0 for the others.
 *
 * Where elements tie the extreme has no derivative. The mean over them is one that is the derivative of one function, whichever
 * way it is taken; TensorFlow and JAX choose it too.
 */
export function shareOfExtreme(x: Tensor, extreme: Tensor, axes: number[]): Tensor {
  const ties = tiesOf(x, extreme, axes);
  return tf.div(ties, tf.sum(ties, axes, true));
}

/** 1 for each element that equals the maximum or minimum of its row, 0 for the others. */
export function tiesOf(x: Tensor, extreme: Tensor, axes: number[]): Tensor {
  return tf.cast(tf.equal(x, keepingAxes(extreme, x, axes)), 'float32');
}

/** The axes of a kernel's attribute; none are all. */
export function reducedAxes(attribute: unknown, shape: readonly number[]): number[] {
  return tf.util.parseAxisParam((attribute ?? undefined) as number[], [...shape]);
}

/** What was reduced over some axes of x, with these axes as axes of length 1. */
function keepingAxes(reduced: Tensor, {shape}: Tensor, axes: number[]): Tensor {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return tf.reshape(reduced, kept);
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
        const axes = reducedAxes(attrs[axesName], x!.shape);
        const share = shareOfExtreme(x!, extreme!, axes);
        return tf.mul(keepingAxes(dy as Tensor, x!, axes), share);
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
