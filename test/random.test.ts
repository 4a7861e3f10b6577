import {describe, expect, it} from 'vitest';
import {deriveSeed, probeVector, randomBits, uniform} from '../src/random.js';

const SIZE = 100_000;

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

describe('probeVector', () => {
  it('depends only on its arguments', () => {
    expect(probeVector(7, 3, 1000, 'gaussian')).toEqual(probeVector(7, 3, 1000, 'gaussian'));
    expect(probeVector(7, 3, 1000)).toEqual(probeVector(7, 3, 1000));
  });

  it('makes a shorter vector the beginning of a longer one of the same stream', () => {
    expect(probeVector(7, 3, 1000).subarray(0, 77)).toEqual(probeVector(7, 3, 77));
  });

  it('has entries 1 and -1, about as many of each', () => {
    const v = probeVector(1, 0, SIZE);
    expect(v.every(x => Math.abs(x) === 1)).toBe(true);
    const sum = v.reduce((s, x) => s + x, 0);
    expect(Math.abs(sum)).toBeLessThan(4 * Math.sqrt(SIZE));
  });

  it("has the normal distribution's first four moments", () => {
    const v = probeVector(1, 0, SIZE, 'gaussian');
    const moment = (p: number): number => v.reduce((s, x) => s + x ** p, 0) / SIZE;
    // Four standard deviations of each sample moment: variances 1, 2, 15 and 96.
    const reach = 4 / Math.sqrt(SIZE);
    expect(Math.abs(moment(1))).toBeLessThan(reach);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(reach * Math.sqrt(2));
    expect(Math.abs(moment(3))).toBeLessThan(reach * Math.sqrt(15));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(reach * Math.sqrt(96));
  });

  it('is uncorrelated between streams, between seeds, and between a stream and the next seed', () => {
    const base = probeVector(5, 2, SIZE);
    for (const [seed, stream] of [
      [5, 3],
      [6, 2],
      [4, 3],
      [6, 1],
      [-5, 2],
      [2, 5],
      [5.5, 2],
      [5 + 2 ** 32, 2],
    ] as const) {
      expect(Math.abs(dot(base, probeVector(seed, stream, SIZE))) / Math.sqrt(SIZE)).toBeLessThan(4.5);
    }
  });

  it('has quadratic forms with the mean and variance of independent signs, over seeds and over streams', () => {
    const u = probeVector(99, 0, 64, 'gaussian');
    const length = Math.hypot(...u);
    const fourth = u.reduce((s, x) => s + (x / length) ** 4, 0);
    for (const vectorOf of [(i: number) => probeVector(i, 0, 64), (i: number) => probeVector(0, i, 64)]) {
      const forms = Array.from({length: 20_000}, (_, i) => (dot(u, vectorOf(i)) / length) ** 2);
      const mean = forms.reduce((s, x) => s + x, 0) / forms.length;
      const variance = forms.reduce((s, x) => s + (x - mean) ** 2, 0) / forms.length;
      expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(2 / forms.length));
      // The sample variance of a χ²₁ variable has a relative deviation of √(14 / N): four of them.
      expect(Math.abs(variance / (2 * (1 - fourth)) - 1)).toBeLessThan(4 * Math.sqrt(14 / forms.length));
    }
  });
});

describe('deriveSeed', () => {
  it('gives different seeds for different purposes, orders and types', () => {
    const seeds = [
      deriveSeed(1),
      deriveSeed(2),
      deriveSeed(1, 'a'),
      deriveSeed(1, 'b'),
      deriveSeed(1, 'a', 'b'),
      deriveSeed(1, 'b', 'a'),
      deriveSeed(1, 'ab'),
      deriveSeed(1, 1),
      deriveSeed(1, '1'),
    ];
    expect(new Set(seeds).size).toBe(seeds.length);
  });
});

describe('uniform', () => {
  it('stays inside (0, 1)', () => {
    const bits = randomBits(3, 0);
    for (let i = 0; i < 10_000; i++) {
      const u = uniform(bits);
      expect(u > 0 && u < 1).toBe(true);
    }
    expect(uniform({next: () => 0})).toBeGreaterThan(0);
    expect(uniform({next: () => -1})).toBeLessThan(1);
  });
});
