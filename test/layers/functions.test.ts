import type {Scalar, Tensor, Tensor4D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {hessian} from '../../src/operators/hessian.js';
import {engines, useEngine} from '../engines.js';
import {relativeError} from '../references.js';
import {expectConsistent} from './identities.js';

/** The whole Hessian of a function of one variable, row by row. */
async function denseHessian(loss: (x: Tensor) => Tensor, at: number[]): Promise<Float32Array> {
  const x = tf.variable(tf.tensor1d(at));
  const H = await hessian(() => loss(x) as Scalar, [x]);
  const dense = tf.tidy(() => H.matmat(tf.eye(H.size)).dataSync() as Float32Array);
  H.dispose();
  x.dispose();
  return dense;
}

// Values of size one, of which float32 has seven digits.
const EXACT = 2e-6;

describe.each(engines)('the Hessian on %s', engine => {
  beforeAll(() => useEngine(engine));

  it('of ½ xᵀA x is A', async () => {
    const A = [4, 1, -2, 1, 3, 0.5, -2, 0.5, 1];
    const form = (x: Tensor) => tf.mul(tf.dot(x, tf.dot(tf.tensor2d(A, [3, 3]), x)), 0.5);
    expect(relativeError(await denseHessian(form, [1, -2, 0.5]), A)).toBeLessThan(EXACT);
  });

  it('of a linear function is exactly zero', async () => {
    expect([...(await denseHessian(x => tf.sum(tf.mul(x, [1, 2])), [3, 4]))]).toEqual([0, 0, 0, 0]);
  });

  it('of Rosenbrock’s valley is the textbook’s', async () => {
    const [x, y] = [-1.2, 1] as const;
    const valley = (p: Tensor) => {
      const [a, b] = tf.unstack(p) as [Tensor, Tensor];
      return tf.add(tf.square(tf.sub(1, a)), tf.mul(tf.squaredDifference(b, tf.square(a)), 100));
    };
    const expected = [2 - 400 * (y - 3 * x * x), -400 * x, -400 * x, 200];
    expect(relativeError(await denseHessian(valley, [x, y]), expected)).toBeLessThan(EXACT);
  });

  it('of log Σ eˣ is diag(p) − p pᵀ', async () => {
    const at = [0.5, -1, 2];
    const total = at.reduce((sum, x) => sum + Math.exp(x), 0);
    const p = at.map(x => Math.exp(x) / total);
    const expected = p.flatMap((pi, i) => p.map((pj, j) => (i === j ? pi : 0) - pi * pj));
    expect(relativeError(await denseHessian(x => tf.logSumExp(x), at), expected)).toBeLessThan(EXACT);
  });

  it.each([
    ['tanh', (x: Tensor) => tf.tanh(x), (x: number) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2)],
    ['exp', (x: Tensor) => tf.exp(x), (x: number) => Math.exp(x)],
    ['sigmoid', (x: Tensor) => tf.sigmoid(x), (x: number) => -Math.tanh(x / 2) / (4 * Math.cosh(x / 2) ** 2)],
    ['sqrt', (x: Tensor) => tf.sqrt(tf.add(x, 2)), (x: number) => -0.25 * (x + 2) ** -1.5],
  ] as const)('of %s has the second derivative that tf.grad of tf.grad loses', async (_, f, second) => {
    const at = [-0.8, 0.3, 1.1];
    const expected = at.flatMap((x, i) => at.map((_, j) => (i === j ? second(x) : 0)));
    expect(relativeError(await denseHessian(x => tf.sum(f(x)), at), expected)).toBeLessThan(EXACT);
  });

  it('of x₁x₂x₃ is the product of the third, also where factors are zero', async () => {
    const at = [2, 0, 0];
    const expected = [0, 0, 0, 0, 0, 2, 0, 2, 0];
    expect([...(await denseHessian(x => tf.prod(x), at))]).toEqual(expected);
  });

  it('of variables in groups has a block for each', async () => {
    const [a, b, c] = [1, 2, 3].map(seed => tf.variable(tf.randomNormal([2], 0, 1, 'float32', seed))) as [
      tf.Variable,
      tf.Variable,
      tf.Variable,
    ];
    const loss = () => tf.sum(tf.mul(tf.exp(tf.mul(a, b)), tf.sin(c))) as Scalar;
    const H = await hessian(loss, {pair: [a, b], single: c});
    expect(H.layers.map(({name, size}) => [name, size])).toEqual([
      ['pair', 4],
      ['single', 2],
    ]);
    expectConsistent(H);
    H.dispose();
  });

  it.each([
    ['that overlap', 3, 1],
    ['side by side', 2, 2],
  ] as const)('of max pooling with ties, windows %s, is symmetric', async (_, size, strides) => {
    const ties = Array.from({length: 32}, (_, i) => (i * i) % 3);
    const x = tf.variable(tf.tensor(ties, [1, 4, 4, 2]));
    const weights = tf.randomNormal([1, 4, 4, 2], 1, 1, 'float32', 4);
    const loss = () => tf.sum(tf.exp(tf.maxPool(tf.mul(x, weights) as Tensor4D, size, strides, 'valid'))) as Scalar;
    const tied = () => tf.sum(tf.exp(tf.maxPool(x as unknown as Tensor4D, size, strides, 'valid'))) as Scalar;
    for (const each of [loss, tied]) {
      const H = await hessian(each, [x]);
      expectConsistent(H);
      H.dispose();
    }
  });
});
