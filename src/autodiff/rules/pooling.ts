import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {fold} from '../batching.js';
import type {Attributes} from '../engine-access.js';
import {runKernel} from '../engine-access.js';
import type {KernelCall, KernelRule, Push, RuleFamily} from '../rule.js';
import {linear} from '../rule-constructors.js';
import type {Runner} from '../runner.js';
import type {Scaling} from '../scaling.js';

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
function pickFromDisjoint(call: KernelCall, kernels: PoolKernels): Scaling {
  const factor = winnersOf(call, 'x', call.outputId(), () => call.peekOutput(), kernels);
  const scale = call.constant('1/share', () => tf.reciprocal(runKernel(kernels.average, {x: factor}, call.attrs)[0]!));
  return {
    input: 'x',
    factor,
    side: 'input',
    push:
      f =>
      ({x}, runner) =>
        tf.mul(runner.run(kernels.average, {x: tf.mul(x!, f)}, ['x'], call.attrs)[0]!, scale),
  };
}

/** 1 at the element of each window that TensorFlow.js' own gradient goes to. The pool and its gradient share it. */
function winnersOf(
  call: KernelCall,
  image: string,
  pooledId: number,
  pooled: () => Tensor,
  kernels: PoolKernels,
): Tensor {
  return call.shared(`winners ${call.valueId(image)} ${pooledId}`, () => {
    const output = pooled();
    return runKernel(kernels.maxGradient, {dy: tf.onesLike(output), input: call.peek(image), output}, call.attrs)[0]!;
  });
}

/** dx = dy at each window's winner, 0 elsewhere. */
function maxPoolGradient(kernels: PoolKernels): KernelRule {
  return {
    kind: 'linear',
    differentiable: ['dy'],
    linearize(call) {
      const window = sizes(call.attrs.filterSize, kernels);
      if (!windowsTile(call, kernels)) {
        const [input, output] = [call.hold('input'), call.hold('output')];
        return ({dy}, runner) => runner.run(kernels.maxGradient, {dy: dy!, input, output}, ['dy'], call.attrs);
      }
      return {
        input: 'dy',
        factor: winnersOf(call, 'input', call.valueId('output'), () => call.peek('output'), kernels),
        side: 'output',
        push:
          f =>
          ({dy}, runner) =>
            spreadOverWindows(dy!, f, window, runner),
      };
    },
  };
}

/** Linear in dy. Of the image it reads nothing but the shape. */
function averagePoolGradient(kernel: string): KernelRule {
  return linear(['dy'], {
    batch: (inputs, lifted, attrs, k) => {
      const [batch, ...rest] = inputs.input!.shape as [number, ...number[]];
      return fold(kernel, 0, 0)({...inputs, input: tf.zeros([k * batch, ...rest])}, lifted, attrs, k);
    },
  });
}

/** Whether windows lie side by side from the image's first element on. What they leave at its end has no winner. */
function windowsTile(call: KernelCall, kernels: PoolKernels): boolean {
  const window = sizes(call.attrs.filterSize, kernels);
  const strides = sizes(call.attrs.strides, kernels);
  const image = call.shape('input').slice(1, -1);
  const pooled = call.shape('dy').slice(1, -1);
  return window.every((size, axis) => size === strides[axis] && pooled[axis]! * size <= image[axis]!);
}

/** factor ∘ (dy repeated over each window) */
function spreadOverWindows(dy: Tensor, factor: Tensor, window: readonly number[], runner: Runner): Tensor {
  const pooled = dy.shape.slice(runner.probes === null ? 1 : 2, -1);
  const covered = pooled.map((size, axis) => size * window[axis]!);
  const image = factor.shape.slice(1, -1);
  const missing = image.map((size, axis) => size - covered[axis]!);
  const part = missing.some(rest => rest > 0)
    ? tf.slice(factor, Array<number>(factor.rank).fill(0), [factor.shape[0]!, ...covered, factor.shape.at(-1)!])
    : factor;
  const spread =
    runner.probes === null && window.length === 2 ? product(dy, part, window) : tf.mul(repeat(dy, window), part);
  if (part === factor) return spread;
  const outer = Array.from({length: dy.rank - 1 - window.length}, (): [number, number] => [0, 0]);
  return tf.pad(spread, [...outer, ...missing.map((rest): [number, number] => [0, rest]), [0, 0]]);
}

/** Of planes, by one multiplication that broadcasts each pooled element over its window. */
function product(dy: Tensor, factor: Tensor, [height, width]: readonly number[]): Tensor {
  const [batch, rows, columns, channels] = dy.shape as [number, number, number, number];
  const windows = tf.reshape(factor, [batch, rows, height!, columns, width!, channels]);
  return tf.reshape(tf.mul(tf.reshape(dy, [batch, rows, 1, columns, 1, channels]), windows), factor.shape);
}

/** Each element repeated along its spatial axes, which are the ones before the last. */
function repeat(x: Tensor, window: readonly number[]): Tensor {
  return window.reduce((image, times, axis) => {
    const at = image.rank - 1 - window.length + axis;
    const before = image.shape.slice(0, at).reduce((a, b) => a * b, 1);
    const after = image.shape.slice(at + 1).reduce((a, b) => a * b, 1);
    const size = image.shape[at]!;
    const repeated = tf.tile(tf.reshape(image, [before, size, 1, after]), [1, 1, times, 1]);
    return tf.reshape(repeated, [...image.shape.slice(0, at), size * times, ...image.shape.slice(at + 1)]);
  }, x);
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
  AvgPoolGrad: averagePoolGradient('AvgPoolGrad'),
  AvgPool3DGrad: averagePoolGradient('AvgPool3DGrad'),
  MaxPool: maxPool(planar),
  MaxPool3D: maxPool(spatial),
  MaxPoolGrad: maxPoolGradient(planar),
  MaxPool3DGrad: maxPoolGradient(spatial),
};
