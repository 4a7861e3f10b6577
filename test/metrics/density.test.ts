import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {densityOf} from '../../src/metrics/density.js';

const two = densityOf({
  nodes: [
    [0, 1, 3],
    [0, 2],
  ],
  weights: [
    [0.5, 0.25, 0.25],
    [0.7, 0.3],
  ],
});

describe('densityOf', () => {
  it('weighs all probes equally in the cumulative share', () => {
    expect(two.cumulative([-1, 0, 0.5, 1, 2, 3])).toEqual([0, 0.6, 0.6, 0.725, 0.875, 1]);
  });

  it('never falls, starts at zero and ends at one', () => {
    const grid = Array.from({length: 50}, (_, i) => -1 + i * 0.1);
    const shares = two.cumulative(grid);
    expect(shares[0]).toBe(0);
    expect(shares.at(-1)).toBe(1);
    expect(shares.every((share, i) => i === 0 || share >= shares[i - 1]!)).toBe(true);
  });

  it('has quantiles that invert the cumulative share', () => {
    expect([0, 0.5, 0.6, 0.61, 0.725, 0.9, 1].map(p => two.quantile(p))).toEqual([0, 0, 0, 1, 1, 3, 3]);
    for (const node of [0, 1, 2, 3]) expect(two.quantile(two.cumulative([node])[0]!)).toBe(node);
  });

  it('counts a node that differs from the point by rounding as at the point', () => {
    const rounded = densityOf({nodes: [[1e-7, 10]], weights: [[0.9, 0.1]]});
    expect(rounded.cumulative([0])).toEqual([0.9]);
  });

  it('is the mean of Gaussians of the given width', () => {
    const {density} = two.evaluate([0.5], {bandwidth: 0.5});
    const gauss = (x: number): number => Math.exp(-2 * x * x) / (0.5 * Math.sqrt(2 * Math.PI));
    const first = 0.5 * gauss(0.5) + 0.25 * gauss(0.5) + 0.25 * gauss(2.5);
    const second = 0.7 * gauss(0.5) + 0.3 * gauss(1.5);
    expect(density[0]).toBeCloseTo((first + second) / 2, 12);
  });

  it('has a nonnegative band, infinite for one probe and of width 0 if the probes agree', () => {
    const grid = [0, 1, 2];
    const {density, lower, upper} = two.evaluate(grid);
    density.forEach((y, i) => {
      expect(lower[i]!).toBeGreaterThanOrEqual(0);
      expect(lower[i]!).toBeLessThanOrEqual(y);
      expect(upper[i]!).toBeGreaterThanOrEqual(y);
    });
    const one = densityOf({nodes: [[0, 1]], weights: [[0.5, 0.5]]}).evaluate(grid);
    expect(one.lower).toEqual([0, 0, 0]);
    expect(one.upper).toEqual(new Array(3).fill(Number.POSITIVE_INFINITY));
    const same = densityOf({
      nodes: [
        [0, 1],
        [0, 1],
      ],
      weights: [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    }).evaluate(grid);
    expect(same.lower).toEqual(same.density);
    expect(same.upper).toEqual(same.density);
  });

  it('refuses invalid densities, shares and bandwidths', () => {
    expect(() => densityOf({nodes: [], weights: []})).toThrow(InvalidArgumentError);
    expect(() => densityOf({nodes: [[1, 2]], weights: [[1]]})).toThrow('a weight for each node');
    expect(() => two.quantile(1.2)).toThrow('p is 1.2');
    expect(() => two.evaluate([0], {bandwidth: 0})).toThrow('bandwidth is 0');
  });
});
