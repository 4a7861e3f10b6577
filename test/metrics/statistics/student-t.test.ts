import {describe, expect, it} from 'vitest';
import {NORMAL_95, studentQuantile} from '../../../src/metrics/statistics/student-t.js';

describe('studentQuantile', () => {
  it.each([
    [1, 12.706205],
    [2, 4.302653],
    [3, 3.182446],
    [4, 2.776445],
    [7, 2.364624],
    [15, 2.13145],
    [30, 2.042272],
    [100, 1.983972],
  ])('agrees with the tables: %s degrees of freedom', (degrees, expected) => {
    expect(studentQuantile(degrees)).toBeCloseTo(expected, 5);
  });

  it('comes to the normal quantile, also for infinitely many degrees', () => {
    expect(studentQuantile(1e9)).toBeCloseTo(NORMAL_95, 6);
    expect(studentQuantile(Number.POSITIVE_INFINITY)).toBeCloseTo(NORMAL_95, 6);
  });

  it('falls with the degrees of freedom, whole or not', () => {
    const values = Array.from({length: 60}, (_, i) => studentQuantile(1 + i * 0.25));
    expect(values.every((x, i) => i === 0 || x < values[i - 1]!)).toBe(true);
  });

  it('gives quantiles for another tail probability', () => {
    expect(studentQuantile(3, 0.01)).toBeCloseTo(5.840909, 4);
  });
});
