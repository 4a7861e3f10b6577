import * as tf from '@tensorflow/tfjs-core';
import type {ReplacedGradient} from './replaced-gradient.js';

/** The gradient of `FloorDiv` is zero, since it is piecewise constant. TensorFlow.js uses the gradient of the division. */
export const floorDivGradient: ReplacedGradient = {
  gradient: {
    kernelName: 'FloorDiv',
    inputsToSave: ['a', 'b'],
    gradFunc: (_dy, [a, b]) => ({a: () => tf.zerosLike(a!), b: () => tf.zerosLike(b!)}),
  },
  own: {
    saved: () => [tf.ones([1]), tf.ones([1])],
    dy: () => tf.zeros([1]),
    attrs: {},
    kernels: 'Cast,RealDiv,Cast,Multiply,Square,Cast,RealDiv,Neg',
  },
};
