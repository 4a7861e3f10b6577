import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {padAlong, sliceAlong} from './along-axis.js';
import type {ReplacedGradient} from './replaced-gradient.js';

/** The gradient of `MirrorPad`: the gradient in the padding is added to the elements that it mirrors. TensorFlow.js drops it. */
export const mirrorPadGradient: ReplacedGradient = {
  gradient: {
    kernelName: 'MirrorPad',
    inputsToSave: ['x'],
    gradFunc: (dy, _saved, attrs) => ({
      x: () => {
        const paddings = attrs.paddings as [number, number][];
        return paddings.reduce(
          (folded, [before, after], axis) => foldBack(folded, axis, before, after, attrs.mode === 'reflect' ? 1 : 0),
          dy as Tensor,
        );
      },
    }),
  },
  own: {
    saved: () => [tf.zeros([2])],
    dy: () => tf.zeros([3]),
    attrs: {paddings: [[1, 0]], mode: 'reflect'},
    kernels: 'Slice',
  },
};

/** @param offset how many elements at the edge have no mirror image. */
function foldBack(dy: Tensor, axis: number, before: number, after: number, offset: number): Tensor {
  const size = dy.shape[axis]! - before - after;
  let dx = sliceAlong(dy, axis, before, size);
  const add = (begin: number, count: number, to: number) => {
    if (count === 0) return;
    const mirrored = tf.reverse(sliceAlong(dy, axis, begin, count), axis);
    dx = tf.add(dx, padAlong(mirrored, axis, to, size - to - count));
  };
  add(0, before, offset);
  add(before + size, after, size - after - offset);
  return dx;
}
