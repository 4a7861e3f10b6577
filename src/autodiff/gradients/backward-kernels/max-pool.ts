import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import type {Attributes} from '../../../tfjs-internals/core/engine.js';
import type {Correction, Shaped} from './correction.js';
import {oneWinner} from './max-pool-winner.js';
import type {PoolKernels} from './pool-kernels.js';
import {poolKernels2D, poolKernels3D} from './pool-kernels.js';
import {lieSideBySide, placesOf, windowsOf} from './pooling-windows.js';
import {volumeInputGradient} from './volume-convolution.js';

/** WebAssembly's kernel ignores windows whose maximum is not positive. */
export const maxPoolGradient: Correction = {
  isNeeded: () => tf.getBackend() === 'wasm',
  compute: (inputs, attrs) => [gradientOfWinners(inputs, attrs, poolKernels2D)],
};

/**
 * WebAssembly's kernel has the same fault as in 2D. TensorFlow's gives all of dy to each tied element. The JavaScript engine's
 * and WebGPU's kernels use a window's height as its width.
 */
export const maxPool3DGradient: Correction = {
  isNeeded: ({input, output}, attrs) => {
    const engine = tf.getBackend();
    if (engine === 'wasm' || engine === 'tensorflow') return true;
    const [, rows, columns] = windowsOf(input!, output!, attrs);
    return (engine === 'cpu' || engine === 'webgpu') && rows!.window !== columns!.window;
  },
  compute: (inputs, attrs) => [gradientOfWinners(inputs, attrs, poolKernels3D)],
};

/**
 * dx: each window's dy at its winner. A convolution unfolds the windows, one channel at a time; the convolution's gradient
 * folds them again.
 */
function gradientOfWinners({dy, input, output}: NamedTensorMap, attrs: Attributes, kernels: PoolKernels): Tensor {
  const image = channelsToBatch(input!);
  const windows = windowsOf(input!, output!, attrs);
  const places = placesOf(windows);
  // Copies each position of a window to its own channel.
  const filter = tf.reshape(tf.eye(places), [...windows.map(({window}) => window), 1, places]);
  const geometry = {
    strides: windows.map(({stride}) => stride),
    pad: attrs.pad,
    dimRoundingMode: attrs.dimRoundingMode,
    dataFormat: kernels.dataFormat,
  };
  const unfold = (x: Tensor) => {
    const dilations = windows.map(() => 1);
    return runKernel(kernels.convolution, {x, filter}, {...geometry, dilations})[0]!;
  };
  const fold = (unfolded: Tensor) => {
    const [inputs, foldAttrs] = [
      {dy: unfolded, filter},
      {...geometry, inputShape: image.shape},
    ];
    return kernels.spatialAxes === 3
      ? volumeInputGradient(inputs, foldAttrs)
      : runKernel('Conv2DBackpropInput', inputs, foldAttrs)[0]!;
  };
  const ties = tf.mul(
    tf.cast(tf.equal(unfold(image), channelsToBatch(output!)), 'float32'),
    unfold(tf.onesLike(image)),
  );
  const winner = tf.reshape(oneWinner(tf.reshape(ties, [-1, places]), kernels.spatialAxes), ties.shape);
  if (!lieSideBySide(windows)) return batchToChannels(fold(tf.mul(channelsToBatch(dy!), winner)), input!);
  // The gradient of average pooling spreads dy / places over each window. Hessian-vector products then run one kernel less.
  const mask = batchToChannels(fold(tf.mul(winner, places)), input!);
  const [spread] = runKernel(kernels.averageGradient, {dy: dy!, input: mask}, {...attrs, pad: 'valid'});
  return tf.mul(spread!, mask);
}

/** `[n, …, c]` to `[n·c, …, 1]`. */
function channelsToBatch(x: Tensor): Tensor {
  const [n, ...rest] = x.shape as [number, ...number[]];
  const c = rest.pop()!;
  if (c === 1) return x;
  return tf.reshape(tf.transpose(x, [0, x.rank - 1, ...rest.map((_, i) => i + 1)]), [n * c, ...rest, 1]);
}

/** `[n·c, …, 1]` back to `[n, …, c]`. */
function batchToChannels(x: Tensor, {shape}: Shaped): Tensor {
  const [n, ...rest] = shape as [number, ...number[]];
  const c = rest.pop()!;
  const split = tf.reshape(x, [n, c, ...rest]);
  return tf.transpose(split, [0, ...rest.map((_, i) => i + 2), 1]);
}
