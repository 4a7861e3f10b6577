import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {ReplacedGradient} from './replaced-gradient.js';

/** The reversed cumulative sum. WebGPU's own is wrong, for nine elements for example. */
function sumFromEnd(x: Tensor, axis: number, exclusive: boolean): Tensor {
  if (tf.getBackend() !== 'webgpu') return tf.cumsum(x, axis, exclusive, true);
  return tf.reverse(tf.cumsum(tf.reverse(x, axis), axis, exclusive), axis);
}

/** The gradient of `Cumsum`: a cumulative sum in the other direction. TensorFlow.js also transposes it unless the axis is the last. */
export const cumsumGradient: ReplacedGradient = {
  gradient: {
    kernelName: 'Cumsum',
    inputsToSave: ['x'],
    gradFunc: (dy, _saved, attrs) => ({
      x: () => {
        const {axis, exclusive, reverse} = attrs as {axis: number; exclusive: boolean; reverse: boolean};
        return reverse ? tf.cumsum(dy as Tensor, axis, exclusive) : sumFromEnd(dy as Tensor, axis, exclusive);
      },
    }),
  },
  own: {
    saved: () => [tf.zeros([2, 2])],
    dy: () => tf.zeros([2, 2]),
    attrs: {axis: 0, exclusive: false, reverse: false},
    kernels: 'Cumsum,Transpose',
  },
};
