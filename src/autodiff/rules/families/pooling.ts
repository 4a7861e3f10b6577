import type {MaxPool3DAttrs, MaxPoolAttrs, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import {runCorrected} from '../../gradients/backward-kernels/correction-table.js';
import {oneWinner} from '../../gradients/backward-kernels/max-pool-winner.js';
import type {PoolKernels} from '../../gradients/backward-kernels/pool-kernels.js';
import {poolKernels2D, poolKernels3D} from '../../gradients/backward-kernels/pool-kernels.js';
import type {WindowsOfAxis} from '../../gradients/backward-kernels/pooling-windows.js';
import {lieSideBySide, overlap, placesOf, windowsOf} from '../../gradients/backward-kernels/pooling-windows.js';
import type {KernelCall, KernelRule, Push, RuleFamily, Scaling} from '../rule.js';
import {linear} from '../rule-constructors.js';
import type {Runner} from '../runner.js';
import {fold} from '../vmap.js';

type PoolAttrs = MaxPoolAttrs | MaxPool3DAttrs;
type PoolCall = KernelCall<PoolAttrs>;

/** y = max over each window: dy is the tangent of the window's winner. */
function maxPool(kernels: PoolKernels): KernelRule<PoolAttrs> {
  return linear(['x'], {
    map: (call: PoolCall) => (overlap(poolWindows(call)) ? pickFromOverlapping : pickFromDisjoint)(call, kernels),
  });
}

/** Disjoint windows: the winners are weighted so that the average over a window is the tangent of its winner. */
function pickFromDisjoint(call: PoolCall, kernels: PoolKernels): Scaling {
  const windows = poolWindows(call);
  const place = {image: 'x', windows, pooledId: call.outputId(), pooled: () => call.peekOutput()};
  return {
    input: 'x',
    factor: lieSideBySide(windows)
      ? fullWinners(call, place, kernels)
      : call.constant('weights', () => {
          const winners = winnersOf(call, place, kernels);
          const share = runKernel(kernels.average, {x: winners}, call.attrs)[0]!;
          // WebAssembly's 3D pool has no winner if all elements of a window are negative: it returns zero.
          const none = tf.cast(tf.equal(share, 0), 'float32');
          return winnersOf(call, place, kernels, tf.reciprocal(tf.add(share, none)));
        }),
    side: 'input',
    push:
      f =>
      ({x}, runner) =>
        runner.run(kernels.average, {x: tf.mul(x!, f)}, ['x'], call.attrs)[0]!,
  };
}

/** The image, windows and output of a pool. */
interface PoolPlace {
  readonly image: string;
  readonly windows: readonly WindowsOfAxis[];
  readonly pooledId: number;
  readonly pooled: () => Tensor;
}

/** A value for each window, by default 1, at the element that TensorFlow.js' own gradient goes to. */
function winnersOf(call: PoolCall, {image, pooled}: PoolPlace, kernels: PoolKernels, values?: Tensor): Tensor {
  const output = pooled();
  const inputs = {dy: values ?? tf.onesLike(output), input: call.peek(image), output};
  return runCorrected(kernels.maxGradient, inputs, {...call.attrs})[0]!;
}

/** The winners times the size of a window, for windows that are all whole. The pool and its gradient share the tensor. */
function fullWinners(call: PoolCall, place: PoolPlace, kernels: PoolKernels): Tensor {
  const size = placesOf(place.windows);
  return call.shared(`winners ${call.valueId(place.image)} ${place.pooledId}`, () =>
    winnersOf(call, place, kernels, tf.fill([...place.pooled().shape], size)),
  );
}

/** dx = dy at each window's winner, 0 elsewhere; the gradient of average pooling spreads dy / size. */
function maxPoolGradient(kernels: PoolKernels): KernelRule<PoolAttrs> {
  return {
    kind: 'linear',
    differentiable: ['dy'],
    linearize(call) {
      const windows = windowsOf({shape: call.shape('input')}, {shape: call.shape('dy')}, call.attrs);
      if (!lieSideBySide(windows)) {
        const [input, output] = [call.hold('input'), call.hold('output')];
        return ({dy}, runner) => runner.run(kernels.maxGradient, {dy: dy!, input, output}, ['dy'], call.attrs);
      }
      const place = {image: 'input', windows, pooledId: call.valueId('output'), pooled: () => call.peek('output')};
      return {
        input: 'dy',
        factor: fullWinners(call, place, kernels),
        side: 'output',
        push:
          f =>
          ({dy}, runner) =>
            tf.mul(
              runner.run(kernels.averageGradient, {dy: dy!, input: f}, ['dy'], {...call.attrs, pad: 'valid'})[0]!,
              f,
            ),
      };
    },
  };
}

/** Linear in dy; only the shape of the image matters. */
function averagePoolGradient(kernel: string): KernelRule {
  return linear(['dy'], {
    vmap: (inputs, lifted, attrs, k) => {
      const [batch, ...rest] = inputs.input!.shape as [number, ...number[]];
      return fold(kernel, 0, 0)({...inputs, input: tf.zeros([k * batch, ...rest])}, lifted, attrs, k);
    },
  });
}

/** The windows of a pool's call. */
function poolWindows(call: PoolCall): WindowsOfAxis[] {
  return windowsOf({shape: call.shape('x')}, {shape: call.outputShape()}, call.attrs);
}

/** Overlapping windows: they are unfolded, and the tangent of one element that equals the maximum is taken. */
function pickFromOverlapping(call: PoolCall, kernels: PoolKernels): Push {
  const channels = call.shape('x').at(-1)!;
  const windows = poolWindows(call);
  const count = placesOf(windows);
  const filter = call.constant('unfold', () =>
    unfoldingFilter(
      windows.map(({window}) => window),
      channels,
    ),
  );
  // One row for each window, since some engines support few axes.
  const rows = [-1, count];
  const unfold = (x: Tensor, runner?: Runner) => {
    const attrs = {
      strides: call.attrs.strides,
      pad: call.attrs.pad,
      dataFormat: kernels.dataFormat,
      dilations: 1,
      dimRoundingMode: call.attrs.dimRoundingMode,
    };
    const inputs = {x, filter};
    const patches = runner
      ? runner.run(kernels.convolution, inputs, ['x'], attrs)[0]!
      : runKernel(kernels.convolution, inputs, attrs)[0]!;
    return tf.reshape(patches, runner ? runner.shape(rows) : rows);
  };
  const winner = call.constant('winner', () => {
    const x = call.peek('x');
    const top = tf.reshape(call.peekOutput(), [-1, 1]);
    const inside = unfold(tf.onesLike(x));
    const ties = tf.mul(tf.cast(tf.equal(unfold(x), top), 'float32'), inside);
    return oneWinner(ties, kernels.spatialAxes);
  });
  return ({x}, runner) => {
    const chosen = tf.sum(tf.mul(unfold(x!, runner), winner), -1);
    return tf.reshape(chosen, runner.shape(call.outputShape()));
  };
}

/** A filter that copies each position of a window to its own channel: `[…window, c, c · places]`, zeros and ones. */
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

export const poolingRules: RuleFamily = {
  AvgPool: linear(['x'], {vmap: fold('AvgPool', 0, 0)}),
  AvgPool3D: linear(['x'], {vmap: fold('AvgPool3D', 0, 0)}),
  AvgPoolGrad: averagePoolGradient('AvgPoolGrad'),
  AvgPool3DGrad: averagePoolGradient('AvgPool3DGrad'),
  MaxPool: maxPool(poolKernels2D),
  MaxPool3D: maxPool(poolKernels3D),
  MaxPoolGrad: maxPoolGradient(poolKernels2D),
  MaxPool3DGrad: maxPoolGradient(poolKernels3D),
};
