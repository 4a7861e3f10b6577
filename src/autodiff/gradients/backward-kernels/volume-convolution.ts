import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import type {Attributes} from '../../../tfjs-internals/core/engine.js';
import {padAlong, sliceAlong} from '../along-axis.js';
import type {Correction} from './correction.js';

type Shape5 = [number, number, number, number, number];

const isNeeded = () => tf.getBackend() === 'wasm';

/** The gradient of a 3D convolution in its input, as a convolution of dy. WebAssembly's own kernel is wrong. */
export const inputGradient: Correction = {
  isNeeded,
  compute: ({dy, filter}, attrs) => {
    const input = attrs.inputShape as Shape5;
    const info = geometryOf(input, filter!.shape as Shape5, attrs);
    let spread = dy!;
    info.forEach(({stride, window, before, size, count}, i) => {
      const length = (count - 1) * stride + 1;
      spread = pad(strideApart(spread, i + 1, stride), i + 1, window - 1 - before, size - length + before);
    });
    const flipped = tf.transpose(tf.reverse(filter!, [0, 1, 2]), [0, 1, 2, 4, 3]);
    return convolve(spread, flipped);
  },
};

/** The gradient in the filter: a convolution of the images with dy, with batch and channels swapped. */
export const filterGradient: Correction = {
  isNeeded,
  compute: ({x, dy}, attrs) => {
    const info = geometryOf(x!.shape as Shape5, attrs.filterShape as Shape5, attrs);
    let [image, spread] = [x!, dy!];
    info.forEach(({stride, window, before, size, count}, i) => {
      const needed = (count - 1) * stride + window;
      image = first(pad(image, i + 1, before, Math.max(0, needed - size - before)), i + 1, needed);
      spread = strideApart(spread, i + 1, stride);
    });
    const [gradient] = convolve(tf.transpose(image, [4, 1, 2, 3, 0]), tf.transpose(spread, [1, 2, 3, 0, 4]));
    return [tf.transpose(gradient!, [1, 2, 3, 0, 4])];
  },
};

/** The gradient in the input, corrected where the engine's own kernel is wrong. */
export function volumeInputGradient(inputs: NamedTensorMap, attrs: Attributes): Tensor {
  const compute = isNeeded() ? inputGradient.compute(inputs, attrs) : runKernel('Conv3DBackpropInputV2', inputs, attrs);
  return compute[0]!;
}

function geometryOf(input: Shape5, filter: Shape5, {strides, pad}: Attributes) {
  const info = tf.backend_util.computeConv3DInfo(input, filter, strides as number, 1, pad as 'same');
  const {padInfo} = info;
  return [
    {stride: info.strideDepth, before: padInfo.front, count: info.outDepth},
    {stride: info.strideHeight, before: padInfo.top, count: info.outHeight},
    {stride: info.strideWidth, before: padInfo.left, count: info.outWidth},
  ].map((axis, i) => ({...axis, window: filter[i]!, size: input[i + 1]!}));
}

function convolve(x: Tensor, filter: Tensor): Tensor[] {
  const attrs = {strides: [1, 1, 1], pad: 'valid', dataFormat: 'NDHWC', dilations: [1, 1, 1]};
  return runKernel('Conv3D', {x, filter}, attrs);
}

/** Inserts stride − 1 zeros between the elements along an axis. */
function strideApart(x: Tensor, axis: number, stride: number): Tensor {
  if (stride === 1) return x;
  const count = x.shape[axis]!;
  const outer = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const rows = tf.reshape(x, [outer, count, x.size / (outer * count)]);
  const inner = rows.shape[2]!;
  const spread = tf.reshape(pad(tf.reshape(rows, [outer * count, 1, inner]), 1, 0, stride - 1), [outer, -1, inner]);
  const shape = [...x.shape];
  shape[axis] = (count - 1) * stride + 1;
  return tf.reshape(first(spread, 1, shape[axis]!), shape);
}

function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  return before === 0 && after === 0 ? x : padAlong(x, axis, before, after);
}

/** The first elements along an axis. */
function first(x: Tensor, axis: number, count: number): Tensor {
  return x.shape[axis] === count ? x : sliceAlong(x, axis, 0, count);
}
