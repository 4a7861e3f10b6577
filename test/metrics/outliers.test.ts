import {describe, expect, it} from 'vitest';
import {outliers, outliersOf} from '../../src/metrics/outliers.js';

const even = (values: readonly number[]): number[] => values.map(() => 1 / values.length);

const bulk = Array.from({length: 90}, (_, i) => 0.5 - i / 90);

describe('outliersOf', () => {
  it.each([1, 3, 10])('counts %s eigenvalues that stand out above a bulk', count => {
    const values = [...Array.from({length: count}, (_, i) => 10 - 0.6 * i), ...bulk];
    expect(outliersOf(values, even(values))).toBe(count);
  });

  it('finds none in a spectrum without a gap', () => {
    const values = Array.from({length: 100}, (_, i) => 2 - i * 0.03);
    expect(outliersOf(values, even(values))).toBe(0);
  });

  it('finds none if nothing is positive', () => {
    expect(outliersOf([0, 0, -1], [0.3, 0.3, 0.4])).toBe(0);
    expect(outliersOf([], [])).toBe(0);
  });

  it('counts the rank of an operator of low rank', () => {
    const values = [3, 2.5, 2, ...new Array<number>(97).fill(0)];
    expect(outliersOf(values, even(values))).toBe(3);
  });

  it('does not count ratios of numbers near zero as gaps', () => {
    const values = [1, 0.9, 0.8, 0.7, ...Array.from({length: 96}, (_, i) => 0.65 * 0.8 ** i)];
    expect(outliersOf(values, even(values))).toBeLessThanOrEqual(4);
  });
});

describe('outliers', () => {
  it('is the mean over the probes, with their spread', () => {
    const {value, standardError} = outliers({
      nodes: [
        [0.1, 10, 0, 9],
        [0.2, 10, 0, -1],
      ],
      weights: [
        [0.5, 0.01, 0.48, 0.01],
        [0.5, 0.01, 0.48, 0.01],
      ],
    });
    expect(value).toBe(1.5);
    expect(standardError).toBeGreaterThan(0.5);
  });
});
