import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {ReplacedGradient} from './replaced-gradient.js';

/**
 * The derivative of a maximum or minimum in each element: 1/n for n tied elements, 0 for all others.
 *
 * At ties the maximum has no derivative. The mean over tied elements is the same function for gradients, tangents and jets;
 * TensorFlow and JAX use it too.
 */
export function shareOfExtreme(x: Tensor, extreme: Tensor, axes: number[]): Tensor {
  const ties = tiesOf(x, extreme, axes);
  return tf.div(ties, tf.sum(ties, axes, true));
}

/** 1 for each element that equals the maximum or minimum of its row, 0 for the others. */
export function tiesOf(x: Tensor, extreme: Tensor, axes: number[]): Tensor {
  return tf.cast(tf.equal(x, keepingAxes(extreme, x, axes)), 'float32');
}

/** The axes that an attribute names; all axes if it is missing. */
export function reducedAxes(attribute: unknown, shape: readonly number[]): number[] {
  return tf.util.parseAxisParam((attribute ?? undefined) as number[], [...shape]);
}

/** A reduction of x over some axes, with these axes kept as length 1. */
function keepingAxes(reduced: Tensor, {shape}: Tensor, axes: number[]): Tensor {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return tf.reshape(reduced, kept);
}

/**
 * The gradient of `Max` and `Min`: tied elements get equal shares of dy. TensorFlow.js gives all of dy to each of them, which
 * is not the derivative of a function. Without ties both have the same bits.
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
