import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {eigenspace} from '../../src/estimators/eigenspace.js';
import {magnitudeOverlap} from '../../src/estimators/magnitude-overlap.js';
import {onCpuWithoutLeaks, randomOrthogonal, using, withSpectrum} from './synthetic.js';

onCpuWithoutLeaks();

/** The first k rows of a random orthogonal matrix, as columns. */
const randomSpace = (size: number, k: number, seed: number): number[][] =>
  randomOrthogonal(size, seed)
    .transpose()
    .to2DArray()
    .map(row => row.slice(0, k));

async function overlap(U: number[][], weights: number[], count?: number) {
  return using(tf.tensor2d(U), vectors =>
    using(tf.tensor1d(weights), w => magnitudeOverlap(vectors, w, count === undefined ? {} : {count})),
  );
}

it('the overlap with the largest weights is the sum of squares of their rows', async () => {
  const U = randomSpace(12, 3, 1);
  const weights = [0.1, -5, 0.3, 4, 0, 1, -2, 0.2, 0.4, -0.6, 0.7, 3];
  for (const [count, largest] of [
    [undefined, [1, 3, 11]],
    [2, [1, 3]],
    [5, [1, 3, 11, 6, 5]],
  ] as const) {
    const squares = largest.flatMap(i => U[i]!).reduce((sum, x) => sum + x * x, 0);
    const {value, baseline} = await overlap(U, weights, count);
    // Float32 rounding.
    expect(Math.abs(value - squares / Math.min(3, largest.length))).toBeLessThan(1e-6);
    expect(baseline).toBe(Math.max(3, largest.length) / 12);
  }
});

it('the overlap is 1 for the axes of the largest weights, and 0 for others', async () => {
  const axes = (...positions: number[]) => Array.from({length: 6}, (_, i) => positions.map(at => (at === i ? 1 : 0)));
  const weights = [1, -9, 2, 8, 0, 0];
  expect((await overlap(axes(3, 1), weights)).value).toBeCloseTo(1, 6);
  expect((await overlap(axes(0, 5), weights)).value).toBe(0);
  expect((await overlap(axes(1), weights, 4)).value).toBeCloseTo(1, 6);
});

it('the baseline is the mean of random spaces', async () => {
  const weights = Array.from({length: 20}, (_, i) => Math.sin(3 * i));
  const values: number[] = [];
  for (let seed = 1; seed <= 60; seed++) values.push((await overlap(randomSpace(20, 3, seed), weights, 4)).value);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
  const {baseline} = await overlap(randomSpace(20, 3, 1), weights, 4);
  // Four standard errors of the mean.
  expect(Math.abs(mean - baseline)).toBeLessThan((4 * spread) / Math.sqrt(values.length));
});

it('takes the vectors of an eigenspace', async () => {
  await using(withSpectrum([9, 8, 1, 0.5, 0.2, 0.1, 0]), async op => {
    const {vectors} = await eigenspace(op, {k: 2});
    const weights = tf.tensor1d([0, 1, 2, 3, 4, 5, 6]);
    const {value, baseline} = await magnitudeOverlap(vectors, weights);
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThan(1);
    expect(baseline).toBe(2 / 7);
    tf.dispose([vectors, weights]);
  });
});

it.each<[string, number[][], number[], number | undefined, RegExp]>([
  ['weights of another size', [[1], [0]], [1, 2, 3], undefined, /\[2, 1\] and weights \[3\]/],
  ['more weights than there are', [[1], [0]], [1, 2], 3, /at most 2/],
  ['weights that are not finite', [[1], [0]], [1, Number.NaN], undefined, /not finite/],
])('refuses %s', async (_, U, weights, count, message) => {
  await expect(overlap(U, weights, count)).rejects.toThrow(InvalidArgumentError);
  await expect(overlap(U, weights, count)).rejects.toThrow(message);
});
