import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {undoAll} from '../../tfjs-internals/undo.js';
import {onesGradients} from './ones-gradients.js';
import type {FasterGradient} from './same-bits.js';
import {hasTheSameBits, replaceGradients} from './same-bits.js';
import {replaceTileGradient, tileGradient} from './tile-gradient.js';

const activations: readonly FasterGradient[] = [
  {
    // dy step(x) = dy sign(y), since y ≥ 0. On the native engine `step` is a chain of ops, `sign` is one op.
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({x: () => tf.mul(dy as Tensor, tf.sign(y!))}),
    forward: tf.relu,
  },
  {
    // dy [x ≤ 6] step(x)
    kernelName: 'Relu6',
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, [x, y]) => ({
      x: () => tf.mul(dy as Tensor, tf.mul(tf.cast(tf.lessEqual(x!, 6), 'float32'), tf.sign(y!))),
    }),
    forward: tf.relu6,
  },
];

/** Gradients with the same bits as TensorFlow.js' own. */
export const sameBits: readonly FasterGradient[] = [...activations, ...onesGradients];

/**
 * Replaces some gradients of TensorFlow.js by faster ones, for all models, until it is undone.
 *
 * The gradients of relu and relu6 have the same bits. They are faster on the native engine: the training step of a small CNN
 * takes about two thirds of the time (`docs/performance.md`). Those of sums and means have the same bits, too; TensorFlow.js'
 * own copy a tensor of ones to the engine, which is slow on a GPU. There, `loadTensorFlow` uses all of these by default
 * (`docs/engine.md`). The gradient of `tile`, which layer normalization runs for its
 * weights, adds the same terms in another order, so it differs by float32 rounding. It is faster on every engine: the step of
 * a transformer block takes about a quarter of the time on the native engine (`docs/speed.md`).
 *
 * @returns undoes it.
 * @example
 * const undo = fasterGradients();
 * await model.fit(x, y);
 * undo();
 */
export function fasterGradients(): () => void {
  return replaceGradients([...sameBits, tileGradient]);
}

/**
 * As `fasterGradients`, but only where results change by no more than rounding: `tile` on every engine; relu and relu6 on the
 * native engine. Gradients that a user has registered are kept.
 *
 * @returns undoes it.
 */
export function fasterGradientsUnnoticed(): () => void {
  return undoAll([
    replaceTileGradient(),
    replaceGradients(tf.getBackend() === 'tensorflow' ? activations.filter(hasTheSameBits) : []),
  ]);
}
