import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {replaceOwnGradient} from './replaced-gradient.js';

/**
 * The gradient of `Tile` by a sum over its repetitions.
 *
 * TensorFlow.js runs a slice and an add for each of them, thousands for a layer normalization, which tiles its weights over
 * batch and sequence. Terms are added in another order here: values are the same up to float32's rounding.
 */
export const tileGradient: GradConfig = {
  kernelName: 'Tile',
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({x: () => sumOverRepetitions(dy as Tensor, x!, attrs.reps as number[])}),
};

/** Sums one run of repetitions at a time: more than three axes there never are, which every engine can do. */
function sumOverRepetitions(dy: Tensor, x: Tensor, reps: readonly number[]): Tensor {
  // WebAssembly's sum over nothing is not zero.
  if (dy.size === 0) return tf.zerosLike(x);
  let sum = dy;
  let outer = 1;
  let repetitions = 1;
  const fold = () => {
    if (repetitions === 1) return;
    const inner = sum.size / (outer * repetitions);
    // Without a last axis of one entry, engines that sum along the last axis alone need not move it there.
    sum = tf.sum(tf.reshape(sum, inner === 1 ? [outer, repetitions] : [outer, repetitions, inner]), 1);
    repetitions = 1;
  };
  x.shape.forEach((size, axis) => {
    repetitions *= reps[axis]!;
    // Repetitions with nothing between them are one run.
    if (size === 1) return;
    fold();
    outer *= size;
  });
  fold();
  return tf.reshape(sum, x.shape);
}

/**
 * Puts it in the place of TensorFlow.js' own: a slice and an add for every repetition. One that somebody has registered stays.
 *
 * @returns what undoes it.
 */
export function replaceTileGradient(): () => void {
  return replaceOwnGradient({
    gradient: tileGradient,
    own: {
      saved: () => [tf.zeros([1])],
      dy: () => tf.zeros([3]),
      attrs: {reps: [3]},
      kernels: 'ZerosLike,Slice,Add,Slice,Add,Slice,Add',
    },
  });
}
