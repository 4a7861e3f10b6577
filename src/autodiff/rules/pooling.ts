import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {fold} from '../batching.js';
import type {Attributes} from '../engine-access.js';
import {runKernel} from '../engine-access.js';
import type {KernelCall, KernelRule, Push, RuleFamily} from '../rule.js';
import {linear} from '../rule-constructors.js';
import type {Runner} from '../runner.js';

/** The kernels of pooling over so many spatial axes. */
interface PoolKernels {
  readonly spatialAxes: 2 | 3;
  readonly average: string;
  readonly max: string;
  readonly maxGradient: string;
  readonly convolution: string;
}

const planar: PoolKernels = {
  spatialAxes: 2,
  average: 'AvgPool',
  max: 'MaxPool',
  maxGradient: 'MaxPoolGrad',
  convolution: 'Conv2D',
};
const spatial: PoolKernels = {
  spatialAxes: 3,
  average: 'AvgPool3D',
  max: 'MaxPool3D',
  maxGradient: 'MaxPool3DGrad',
  convolution: 'Conv3D',
};

/** y = max over each window: its tangent is that of the element that won. */
function maxPool(kernels: PoolKernels): KernelRule {
  return linear(['x'], {
    map: call => (windowsOverlap(call.attrs, kernels) ? pickFromOverlapping : pickFromDisjoint)(call, kernels),
  });
}

/**
 * Windows that share no element: mark the winners (as the kernel's own gradient does), and average over each window;
 * the same average of the marks themselves is one over the count.
 */
function pickFromDisjoint(call: KernelCall, kernels: PoolKernels): Push {
  const average = (x: Tensor) => runKernel(kernels.average, {x}, call.attrs)[0]!;
  const winners = call.constant('winners', () => winnersOf(call.peek('x'), call.peekOutput(), call.attrs, kernels));
  const scale = call.constant('1/share', () => tf.reciprocal(average(winners)));
  return ({x}, runner) => tf.mul(runner.run(kernels.average, {x: tf.mul(x!, winners)}, ['x'], call.attrs)[0]!, scale);
}

/** 1 at the element of each window that TensorFlow.js' own gradient goes to. */
function winnersOf(x: Tensor, y: Tensor, attrs: Attributes, kernels: PoolKernels): Tensor {
  return runKernel(kernels.maxGradient, {dy: tf.onesLike(y), input: x, output: y}, attrs)[0]!;
}

/** Windows that overlap: unfold them, find the first element that equals the maximum, and take its tangent. */
function pickFromOverlapping(call: KernelCall, kernels: PoolKernels): Push {
  const channels = call.shape('x').at(-1)!;
  const window = sizes(call.attrs.filterSize, kernels);
  const count = window.reduce((a, b) => a * b, 1);
  const filter = call.constant('unfold', () => unfoldingFilter(window, channels));
  const places = [...call.outputShape(), count];
  const unfold = (x: Tensor, runner?: Runner) => {
    const attrs = {
      strides: call.attrs.strides,
      pad: call.attrs.pad,
      dataFormat: kernels.spatialAxes === 2 ? 'NHWC' : 'NDHWC',
      dilations: 1,
      dimRoundingMode: call.attrs.dimRoundingMode,
    };
    const inputs = {x, filter};
    const patches = runner
      ? runner.run(kernels.convolution, inputs, ['x'], attrs)[0]!
      : runKernel(kernels.convolution, inputs, attrs)[0]!;
    return tf.reshape(patches, runner ? runner.shape(places) : places);
  };
  const winner = call.constant('winner', () => {
    const x = call.peek('x');
    const top = tf.expandDims(call.peekOutput(), -1);
    const inside = unfold(tf.onesLike(x));
    const ties = tf.mul(tf.cast(tf.equal(unfold(x), top), 'float32'), inside);
    return tf.mul(ties, tf.cast(tf.equal(tf.cumsum(ties, ties.rank - 1, true), 0), 'float32'));
  });
  return ({x}, runner) => tf.sum(tf.mul(unfold(x!, runner), winner), -1);
}

/** Copies each place of a window into a channel of its own: `[…window, c, c · places]`, zeros and ones. */
function unfoldingFilter(window: readonly number[], channels: number): Tensor {
  const places = window.reduce((a, b) => a * b, 1);
  const values = new Float32Array(places * channels * channels * places);
  for (let place = 0; place < places; place++) {
    for (let c = 0; c < channels; c++) {
      values[(place * channels + c) * channels * places + c * places + place] = 1;
    }
  }
  return tf.tensor(values, [...window, channels, channels * places]);
}

function windowsOverlap(attrs: Attributes, kernels: PoolKernels): boolean {
  const strides = sizes(attrs.strides, kernels);
  return sizes(attrs.filterSize, kernels).some((size, axis) => size > strides[axis]!);
}

function sizes(value: unknown, {spatialAxes}: PoolKernels): number[] {
  return typeof value === 'number' ? Array<number>(spatialAxes).fill(value) : (value as number[]);
}

export const poolingRules: RuleFamily = {
  AvgPool: linear(['x'], {batch: fold('AvgPool', 0, 0)}),
  AvgPool3D: linear(['x'], {batch: fold('AvgPool3D', 0, 0)}),
  AvgPoolGrad: linear(['dy']),
  AvgPool3DGrad: linear(['dy']),
  MaxPool: maxPool(planar),
  MaxPool3D: maxPool(spatial),
  MaxPoolGrad: linear(['dy']),
  MaxPool3DGrad: linear(['dy']),
};
