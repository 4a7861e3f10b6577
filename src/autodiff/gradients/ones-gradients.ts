import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {offTape} from '../../tfjs-internals/core/tape.js';
import type {FasterGradient} from './same-bits.js';

/**
 * Gradients that multiply by ones. TensorFlow.js makes the ones in JavaScript and copies them to the engine, as many numbers as x
 * has; here the engine makes them.
 */
export const onesGradients: readonly FasterGradient[] = [
  {
    // dy, repeated along the summed axes
    kernelName: 'Sum',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], {axis}) => ({x: () => repeated(dy as Tensor, x!, axesOf(axis, x!))}),
    forward: x => tf.sum(tf.reshape(x, [2, 5]), 1),
  },
  {
    // dy / n, repeated along the axes of the mean
    kernelName: 'Mean',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], {axis}) => ({
      x: () => {
        const axes = axesOf(axis, x!);
        const n = axes.reduce((size, i) => size * x!.shape[i]!, 1);
        return tf.div(repeated(dy as Tensor, x!, axes), n);
      },
    }),
    forward: x => tf.mean(tf.reshape(x, [2, 5]), 1),
  },
  {
    // The rows of dy that the numbers of segments name; zeros where a number is negative.
    kernelName: 'UnsortedSegmentSum',
    inputsToSave: ['segmentIds'],
    gradFunc: (dy, [segments]) => ({
      x: () => {
        const rows = tf.gather(dy as Tensor, tf.maximum(segments!, tf.zerosLike(segments!)) as tf.Tensor1D);
        const isNamed = tf.reshape(
          tf.greaterEqual(segments!, tf.scalar(0, 'int32')),
          rows.shape.map((size, i) => (i < segments!.rank ? size : 1)),
        );
        const zeros = tf.zerosLike(rows);
        // The comparison is true for all numbers.
        return tf.where(tf.logicalAnd(isNamed, tf.equal(zeros, zeros)), rows, zeros);
      },
    }),
    forward: x => tf.unsortedSegmentSum(x, tf.tensor1d([0, 1, -1, 2, 0, 1, 2, -1, 0, 1], 'int32'), 3),
  },
];

function axesOf(attribute: unknown, x: Tensor): number[] {
  return tf.util.parseAxisParam(attribute as number[], x.shape);
}

/** dy in the shape of x, of which some axes were reduced. */
function repeated(dy: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  // Off the tape, since the ones do not depend on x.
  const ones = x.dtype === 'float32' ? offTape(() => tf.onesLike(x)) : tf.fill(x.shape, 1);
  return tf.mul(tf.reshape(dy, kept), ones);
}
