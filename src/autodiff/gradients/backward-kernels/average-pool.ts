import type {NamedTensorMap} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import type {Attributes} from '../../../tfjs-internals/core/engine.js';
import type {Correction} from './correction.js';
import {reachOverEdge, windowsOf} from './pooling-windows.js';

/**
 * The gradient of average pooling where windows cross the image's edge.
 *
 * The engines of TensorFlow.js, except the native one, average over the part of the window inside the image, but divide the
 * gradient by the size of the whole window. So dy is first scaled by size/part.
 */
export const averagePoolGradient = (kernel: string): Correction => ({
  isNeeded: ({input, dy}, attrs) => tf.getBackend() !== 'tensorflow' && reachOverEdge(windowsOf(input!, dy!, attrs)),
  compute: (inputs, attrs) => runKernel(kernel, wholeWindows(inputs, attrs), attrs),
});

function wholeWindows(inputs: NamedTensorMap, attrs: Attributes): NamedTensorMap {
  const dy = inputs.dy!;
  const scales = windowsOf(inputs.input!, dy, attrs).map(({window, stride, before, image, count}, axis) => {
    const scale = Array.from({length: count}, (_, i) => {
      const start = i * stride - before;
      const inside = Math.min(start + window, image) - Math.max(start, 0);
      return window / inside;
    });
    const shape = Array<number>(dy.rank).fill(1);
    shape[axis + 1] = count;
    return tf.tensor(scale, shape);
  });
  return {...inputs, dy: scales.reduce((product, scale) => tf.mul(product, scale), dy)};
}
