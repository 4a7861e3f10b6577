import type {KernelConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {replaceKernel} from '../../tfjs-internals/core/registries.js';
import {undoAll} from '../../tfjs-internals/undo.js';
import {sameBits} from './faster-gradients.js';
import {hasTheSameBits, replaceGradients} from './same-bits.js';

/**
 * Replaces what copies tensors of the size of the activations to the native engine: the gradients of `fasterGradients()` that
 * have the same bits as TensorFlow.js' own, and the kernel `Step`, which the gradients of relu and abs run. On a GPU, such a
 * copy over the bus takes longer than the rest of the gradient. Gradients that a user has registered are kept.
 *
 * @returns undoes it.
 */
export function replaceGradientsOnGpu(): () => void {
  return undoAll([replaceStep(), replaceGradients(sameBits.filter(hasTheSameBits))]);
}

function replaceStep(): () => void {
  const own = tf.getKernel('Step', 'tensorflow');
  return own === undefined || own.kernelFunc === stepOnEngine
    ? () => {}
    : replaceKernel({...own, kernelFunc: stepOnEngine});
}

/** 1 where x > 0, else alpha; NaN where x is NaN. */
const stepOnEngine: KernelConfig['kernelFunc'] = ({inputs, attrs}) => {
  const x = inputs.x as Tensor;
  return tf.tidy(() => {
    const ones = x.dtype === 'float32' ? tf.onesLike(x) : tf.fill(x.shape, 1);
    const step = tf.where(
      tf.greater(x, tf.scalar(0, x.dtype)),
      ones,
      tf.fill(x.shape, attrs?.alpha as number, x.dtype),
    );
    return tf.where(tf.isNaN(x), x, step);
  });
};
