import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import type {RuleFamily} from '../rule.js';
import {bilinear, fused} from '../rule-constructors.js';
import type {VmapRule} from '../runner.js';
import {fold, mergeProbeAxis, takeOutProbeAxis, wider} from '../vmap.js';

const depthwise = 'DepthwiseConv2dNative';

// A depthwise filter `[h, w, c, m]` makes m output channels from each of c input channels. Probes of the filter, or of dy in
// the gradient of the filter, enlarge m. Probes of x in the gradient of the filter, and of the filter in the gradient of the
// input, enlarge c.

/** `[…, c·k·m]` to `[k, …, c·m]`. */
function takeOutOfMultiples(y: Tensor, channels: number, k: number): Tensor {
  const outer = y.shape.slice(0, -1);
  const multiplier = y.shape.at(-1)! / channels / k;
  const split = tf.reshape(y, [...outer, channels, k, multiplier]);
  const axes = outer.map((_, axis) => axis);
  const moved = tf.transpose(split, [outer.length + 1, ...axes, outer.length, outer.length + 2]);
  return tf.reshape(moved, [k, ...outer, channels * multiplier]);
}

/** `[k, …, c·m]` to `[…, c·k·m]`. */
function mergeIntoMultiples(dy: Tensor, channels: number): Tensor {
  const [k, ...outer] = dy.shape.slice(0, -1) as [number, ...number[]];
  const multiplier = dy.shape.at(-1)! / channels;
  const split = tf.reshape(dy, [k, ...outer, channels, multiplier]);
  const axes = outer.map((_, axis) => axis + 1);
  const moved = tf.transpose(split, [...axes, outer.length + 1, 0, outer.length + 2]);
  return tf.reshape(moved, [...outer, channels * k * multiplier]);
}

const repeatChannels = (dy: Tensor, k: number): Tensor => tf.tile(dy, [1, 1, 1, k]);

const depthwiseOfFilters: VmapRule = ({x, filter}, _lifted, attrs, k) => {
  const [y] = runKernel(depthwise, {x: x!, filter: mergeProbeAxis(filter!, 3)}, attrs);
  return [takeOutOfMultiples(y!, x!.shape.at(-1)!, k)];
};

const depthwiseFilterOfImages: VmapRule = ({x, dy}, _lifted, attrs, k) => {
  const merged = {x: mergeProbeAxis(x!, 3), dy: repeatChannels(dy!, k)};
  const [filter] = runKernel(`${depthwise}BackpropFilter`, merged, wider('filterShape', 2)(attrs, k));
  return [takeOutProbeAxis(filter!, 2, k)];
};

const depthwiseFilterOfGradients: VmapRule = ({x, dy}, _lifted, attrs, k) => {
  const merged = {x: x!, dy: mergeIntoMultiples(dy!, x!.shape.at(-1)!)};
  const [filter] = runKernel(`${depthwise}BackpropFilter`, merged, wider('filterShape', 3)(attrs, k));
  return [takeOutProbeAxis(filter!, 3, k)];
};

const depthwiseInputOfFilters: VmapRule = ({dy, filter}, _lifted, attrs, k) => {
  const merged = {dy: repeatChannels(dy!, k), filter: mergeProbeAxis(filter!, 2)};
  const [dx] = runKernel(`${depthwise}BackpropInput`, merged, wider('inputShape', 3)(attrs, k));
  return [takeOutProbeAxis(dx!, 3, k)];
};

export const depthwiseRules: RuleFamily = {
  [depthwise]: bilinear('x', 'filter', {vmap: {x: fold(depthwise, 0, 0), filter: depthwiseOfFilters}}),
  [`${depthwise}BackpropFilter`]: bilinear('x', 'dy', {
    vmap: {x: depthwiseFilterOfImages, dy: depthwiseFilterOfGradients},
  }),
  [`${depthwise}BackpropInput`]: bilinear('dy', 'filter', {
    vmap: {
      dy: fold(`${depthwise}BackpropInput`, 0, 0, wider('inputShape', 0)),
      filter: depthwiseInputOfFilters,
    },
  }),
  FusedDepthwiseConv2D: fused('x', 'filter'),
};
