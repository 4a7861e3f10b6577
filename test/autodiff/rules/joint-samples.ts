import type {Scalar, Tensor, Tensor1D, Tensor4D, Tensor5D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'vitest';
import {pushJets} from '../../../src/autodiff/forward-mode/jets.js';
import {Recorder} from '../../../src/autodiff/recording/recording.js';
import {hessian} from '../../../src/operators/hessian.js';
import {randomBits, uniform} from '../../../src/random.js';
import {relativeError} from '../../reference-case.js';

/** A piecewise linear function, tested at a kink. */
export interface Joint {
  readonly name: string;
  readonly shape: readonly number[];
  readonly f: (x: Tensor) => Tensor;
  /** Engines that do not run it. */
  readonly except?: readonly string[];
}

const reducing: Joint[] = [
  {name: 'max', shape: [4, 5], f: x => tf.max(x, 1)},
  {name: 'max of several axes', shape: [2, 4, 3], f: x => tf.max(x, [0, 2], true)},
  {name: 'max of all', shape: [3, 4], f: x => tf.max(x)},
  {name: 'min', shape: [4, 5], f: x => tf.min(x, 0)},
  {name: 'the norm of infinity', shape: [4, 5], f: x => tf.norm(x, Number.POSITIVE_INFINITY, 1)},
  {name: 'the norm of 1', shape: [4, 5], f: x => tf.norm(x, 1, 1)},
  {name: 'x − max', shape: [4, 5], f: x => tf.sub(x, tf.max(x, 1, true))},
];

const elementwise: Joint[] = Object.entries<(x: Tensor) => Tensor>({
  abs: x => tf.abs(x),
  relu: x => tf.relu(x),
  relu6: x => tf.relu6(tf.mul(x, 6)),
  leakyRelu: x => tf.leakyRelu(x, 0.3),
  prelu: x => tf.prelu(x, tf.fill([4], 0.3)),
  clipByValue: x => tf.clipByValue(x, -1, 0),
  maximum: x => tf.maximum(x, tf.reverse(x, 1)),
  'maximum with zero': x => tf.maximum(0, x),
  'maximum with itself': x => tf.maximum(x, x),
  minimum: x => tf.minimum(tf.reverse(x, 1), x),
}).map(([name, f]) => ({name, shape: [3, 4], f}));

const pools = (
  [
    [2, 2],
    [3, 1],
    [3, 2],
    [2, 3],
    [[1, 3], [1, 2]], // biome-ignore format: pairs
  ] as [number, number][]
).flatMap(([size, strides]) =>
  (['valid', 'same'] as const).map(
    (pad): Joint => ({
      name: `maxPool of ${size} every ${strides}, ${pad}`,
      shape: [2, 5, 4, 2],
      f: x => tf.maxPool(x as Tensor4D, size, strides, pad),
    }),
  ),
);

// The only window begins outside the image, though a whole window would fit into it.
const padded: Joint = {
  name: 'maxPool of 3 every 3, padded by 1',
  shape: [2, 3, 3, 2],
  f: x => tf.maxPool(x as Tensor4D, 3, 3, 1, 'floor'),
  except: ['native'],
};

const deepPools = (
  [
    [2, 2],
    [2, 1],
    [2, 3],
    [[1, 2, 3], 1],
    [[1, 3, 2], [1, 3, 2]], // biome-ignore format: pairs
  ] as [number, number][]
).flatMap(([size, strides]) =>
  (['valid', 'same'] as const).map(
    (pad): Joint => ({
      name: `maxPool3d of ${size} every ${strides}, ${pad}`,
      shape: [2, 3, 3, 4, 2],
      f: x => tf.maxPool3d(x as Tensor5D, size, strides, pad),
    }),
  ),
);

export const joints: readonly Joint[] = [...reducing, ...elementwise, ...pools, padded, ...deepPools];

/**
 * At a kink a function has several possible derivatives. Gradient, tangents and jets must use the same one: then for y = f(x)
 * and g = ∇⟨u, y⟩ the Hessian of ⟨u, y⟩²/2 is g gᵀ.
 */
export async function expectOneFunction({shape, f}: Joint): Promise<void> {
  const bits = randomBits(1, shape.length);
  const size = tf.util.sizeFromShape([...shape]);
  // Each of five values occurs many times.
  const values = Array.from({length: size}, () => Math.floor(uniform(bits) * 5) / 2 - 1);
  const x = tf.variable(tf.tensor(values, [...shape]));
  const u = tf.tidy(() => tf.keep(tf.randomUniform(f(x).shape, 0.5, 1.5, 'float32', 2)));
  const form = () => tf.sum(tf.mul(f(x), u)) as Scalar;
  const square = () => tf.mul(tf.square(form()), 0.5) as Scalar;
  const [first, second] = [await hessian(form, [x]), await hessian(square, [x])];
  const g = await valuesOf(first.gradient());
  const dense = await valuesOf(tf.tidy(() => second.matmat(tf.eye(size))));
  const expected = g.flatMap(a => g.map(b => a * b));
  expect(Math.hypot(...expected)).toBeGreaterThan(0);
  expect(relativeError(dense, expected)).toBeLessThan(1e-5);
  const v = tf.randomNormal<tf.Rank.R1>([size], 0, 1, 'float32', 3);
  const along = (await valuesOf(v.clone())).reduce((sum, entry, i) => sum + entry * g[i]!, 0);
  const product = await valuesOf(second.matvec(v));
  expect(
    relativeError(
      product,
      g.map(entry => entry * along),
    ),
  ).toBeLessThan(1e-5);
  const [curvature] = await valuesOf(secondAlong(square, x, v));
  expect(curvature! / along ** 2).toBeCloseTo(1, 5);
  first.dispose();
  second.dispose();
  tf.dispose([x, u, v]);
}

/** vᵀHv by jets. */
function secondAlong(loss: () => Scalar, x: tf.Variable, v: Tensor1D): Tensor {
  return tf.tidy(() => {
    const recorder = new Recorder();
    try {
      const value = loss();
      const {recording} = recorder;
      const line = new Map([[recording.valueOf(x), tf.reshape(v, x.shape)]]);
      return recorder.pause(() => pushJets(recording, line, recording.valueOf(value))).second!;
    } finally {
      recorder.stop().release();
    }
  });
}

async function valuesOf(tensor: Tensor): Promise<number[]> {
  const values = [...(await tensor.data())];
  tensor.dispose();
  return values;
}
