import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {replaceOwnGradient} from './replaced-gradient.js';

/**
 * The gradient of `Tile` as a sum over its repetitions.
 *
 * TensorFlow.js runs a slice and an add for each repetition: thousands for a layer normalization, which tiles its weights over
 * batch and sequence. Here the terms are added in another order, so values differ by float32 rounding.
 */
export const tileGradient: GradConfig = {
  kernelName: 'Tile',
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({x: () => sumOverRepetitions(dy as Tensor, x!, attrs.reps as number[])}),
};

/** Sums one run of repetitions at a time, so that tensors have at most three axes, which every engine supports. */
function sumOverRepetitions(dy: Tensor, x: Tensor, reps: readonly number[]): Tensor {
  // WebAssembly's sum of no elements is not zero.
  if (dy.size === 0) return tf.zerosLike(x);
  let sum = dy;
  let outer = 1;
  let repetitions = 1;
  const fold = () => {
    if (repetitions === 1) return;
    const inner = sum.size / (outer * repetitions);
    // A trailing axis of length 1 is left out: some engines only sum along the last axis and would transpose first.
    sum = tf.sum(tf.reshape(sum, inner === 1 ? [outer, repetitions] : [outer, repetitions, inner]), 1);
    repetitions = 1;
  };
  x.shape.forEach((size, axis) => {
    repetitions *= reps[axis]!;
    // Repetitions without elements between them are one run.
    if (size === 1) return;
    fold();
    outer *= size;
  });
  fold();
  return tf.reshape(sum, x.shape);
}

/**
 * Replaces TensorFlow.js' own gradient of `Tile`. A gradient that a user has registered is kept.
 *
 * @returns undoes it.
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
