import type {Scalar, Tensor, Tensor4D, Tensor5D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
// With it come TensorFlow.js' gradients.
import '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {pushJets} from '../../src/autodiff/jets.js';
import {Recorder} from '../../src/autodiff/recording.js';
import {hessian} from '../../src/operators/hessian.js';
import {randomBits, uniform} from '../../src/random.js';
import type {EngineName} from '../engines.js';
import {engines, useEngine} from '../engines.js';
import {relativeError} from '../references.js';

/** A function that is linear in pieces, at a point where pieces meet. */
interface Joint {
  readonly name: string;
  readonly shape: readonly number[];
  readonly f: (x: Tensor) => Tensor;
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

// Where pieces meet a function has several derivatives to choose from. Whichever it is, gradient, tangents and jets must
// have chosen the same: for y = f(x) and g = ∇⟨u, y⟩ the Hessian of ⟨u, y⟩²/2 is g gᵀ then.
describe.each<EngineName>([...engines, 'wasm'])('where pieces meet, on %s,', engine => {
  beforeAll(() => useEngine(engine));

  it.each([...reducing, ...elementwise, ...pools, ...deepPools])(
    '$name is differentiated as one function',
    async ({shape, f}) => {
      const bits = randomBits(1, shape.length);
      const size = tf.util.sizeFromShape([...shape]);
      // Of the five values each stands in many places.
      const values = Array.from({length: size}, () => Math.floor(uniform(bits) * 5) / 2 - 1);
      const x = tf.variable(tf.tensor(values, [...shape]));
      const u = tf.tidy(() => tf.keep(tf.randomUniform(f(x).shape, 0.5, 1.5, 'float32', 2)));
      const form = () => tf.sum(tf.mul(f(x), u)) as Scalar;
      const square = () => tf.mul(tf.square(form()), 0.5) as Scalar;
      const [first, second] = [await hessian(form, [x]), await hessian(square, [x])];
      tf.tidy(() => {
        const g = first.gradient();
        const expected = tf.outerProduct(g, g).dataSync();
        expect(Math.hypot(...expected)).toBeGreaterThan(0);
        expect(relativeError(second.matmat(tf.eye(size)).dataSync(), expected)).toBeLessThan(1e-5);
        const v = tf.randomNormal<tf.Rank.R1>([size], 0, 1, 'float32', 3);
        const along = tf.dot(g, v).dataSync()[0]!;
        expect(relativeError(second.matvec(v).dataSync(), tf.mul(g, along).dataSync())).toBeLessThan(1e-5);
        const recorder = new Recorder();
        const loss = square();
        const {recording} = recorder;
        const jet = recorder.pause(() =>
          pushJets(recording, new Map([[recording.touch(x), tf.reshape(v, x.shape)]]), recording.touch(loss)),
        );
        recorder.stop().release();
        expect(jet.second!.dataSync()[0]).toBeCloseTo(along ** 2, 3);
      });
      first.dispose();
      second.dispose();
      tf.dispose([x, u]);
    },
  );
});
