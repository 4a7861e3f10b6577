import {expect, it} from 'vitest';
import {nearlyEqual} from './nearly-equal.js';

it('numbers are equal on a GPU up to 1e-6, counts and all else are compared as ever', () => {
  expect(nearlyEqual(0.1, 0.1 + 5e-8)).toBe(true);
  expect(nearlyEqual(0.1, 0.1 + 5e-7)).toBe(false);
  expect(nearlyEqual(new Float32Array([1, 1e-3]), new Float32Array([1, 1e-3 + 5e-7]))).toBe(true);
  expect(nearlyEqual(new Float32Array([1, 1e-3]), new Float32Array([1, 1e-3 + 5e-6]))).toBe(false);
  expect(nearlyEqual(new Float32Array([1]), new Float32Array([1, 1]))).toBe(false);
  expect(nearlyEqual(new Float32Array([Number.NaN]), new Float32Array([Number.NaN]))).toBe(true);
  for (const [a, b] of [
    [3, 3],
    ['a', 'a'],
    [[0.1], [0.1]],
  ]) {
    expect(nearlyEqual(a, b)).toBeUndefined();
  }
});

it('without a GPU, the same bits are wanted', () => {
  expect(new Float32Array([1])).not.toEqual(new Float32Array([1 + 2 ** -23]));
  expect(0.1).not.toEqual(0.1 + 2 ** -55);
});
