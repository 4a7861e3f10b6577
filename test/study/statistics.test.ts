import {describe, expect, it} from 'vitest';
import {
  differenceOfMeans,
  holm,
  meanInterval,
  pooledInterval,
  rankChance,
  tailOf,
} from '../../study/analysis/statistics.js';

describe('the statistics of the study', () => {
  it('gives Student’s t interval and chance of a mean', () => {
    // R: t.test(c(1, 2, 4, 5, 3)) has the interval 1.036757 to 4.963243 and p = 0.01324.
    const {mean, lower, upper, p} = meanInterval([1, 2, 4, 5, 3]);
    expect(mean).toBe(3);
    expect(lower).toBeCloseTo(1.036757, 5);
    expect(upper).toBeCloseTo(4.963243, 5);
    expect(p).toBeCloseTo(0.01324, 4);
  });

  it('gives the two-sided tail of tabulated quantiles', () => {
    expect(tailOf(2.776445, 4)).toBeCloseTo(0.05, 6);
    expect(tailOf(4.604095, 4)).toBeCloseTo(0.01, 6);
    expect(tailOf(12.7062, 1)).toBeCloseTo(0.05, 5);
  });

  it('adjusts chances as Holm (1979) does, and keeps their order', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, i) => {
      expect(adjusted[i]).toBeCloseTo(p, 12);
    });
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });

  it('pools groups with the same weight, whatever their sizes', () => {
    const {mean, lower, upper} = pooledInterval([
      [1, 1.2, 0.8, 1],
      [3, 3.4],
    ]);
    expect(mean).toBeCloseTo((1 + 3.2) / 2, 12);
    expect(lower).toBeLessThan(mean);
    expect(upper - mean).toBeCloseTo(mean - lower, 12);
  });

  it('of two groups pools to half of Welch’s interval of their sum', () => {
    const {lower, upper} = pooledInterval([
      [1, 2, 3],
      [4, 7, 9],
    ]);
    const welch = Math.sqrt(1 / 3 + 19 / 3 / 3);
    expect((upper + lower) / 2).toBeCloseTo(13 / 3, 10);
    expect((upper - lower) / welch).toBeGreaterThan(3.182); // between the quantiles of 2 and of 3 degrees
    expect((upper - lower) / welch).toBeLessThan(4.303);
  });

  it('compares a mean with another of which only deviation and size are known, by Welch', () => {
    // With equal deviations and sizes it is Student's test of two samples: 2 n − 2 = 8 degrees, whose quantile is 2.306004.
    const same = differenceOfMeans({mean: 3, deviation: 2, n: 5}, {mean: 1, deviation: 2, n: 5});
    expect(same.mean).toBe(2);
    expect(same.upper - same.mean).toBeCloseTo(2.306004 * 2 * Math.sqrt(2 / 5), 5);
    // Where the other is known exactly, it is Student's interval of one sample.
    const exact = differenceOfMeans({mean: 3, deviation: Math.sqrt(2.5), n: 5}, {mean: 0, deviation: 0, n: 3});
    expect(exact.lower).toBeCloseTo(1.036757, 5);
    expect(exact.p).toBeCloseTo(0.01324, 4);
  });

  it('counts the orders of layers in which the middle ranks as far from the mean', () => {
    expect(rankChance([1], 5, 1)).toBeCloseTo(2 / 5, 12); // first or last of five
    expect(rankChance([1, 1], 5, 1)).toBeCloseTo(2 / 25, 12);
    expect(rankChance([1.5], 4, 2)).toBeCloseTo(2 / 6, 12); // {1, 2} or {3, 4} of six pairs
    expect(rankChance([3, 3], 5, 1)).toBe(1);
  });
});
