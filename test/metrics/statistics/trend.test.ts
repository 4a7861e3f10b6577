import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/errors.js';
import {trendOf} from '../../../src/metrics/statistics/trend.js';
import {probeVector} from '../../../src/random.js';

describe('trendOf', () => {
  it('finds a decrease if every number is below the one before', () => {
    const {tau, slope, direction, pValue} = trendOf([9, 7, 5, 3, 1]);
    expect(tau).toBe(-1);
    expect(slope).toBe(-2);
    expect(direction).toBe('falls');
    // 2 of 5! orders
    expect(pValue).toBeCloseTo(2 / 120, 12);
  });

  it('changes its sign if the order of the numbers is reversed', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const [a, b] = [trendOf(values), trendOf([...values].reverse())];
    expect(b.tau).toBeCloseTo(-a.tau, 12);
    expect(b.slope).toBeCloseTo(-a.slope, 12);
    expect(b.pValue).toBeCloseTo(a.pValue, 12);
  });

  it('finds no significant trend in too few numbers', () => {
    expect(trendOf([3, 2, 1]).direction).toBe('none');
    expect(trendOf([3, 2, 1]).pValue).toBeCloseTo(2 / 6, 12);
  });

  it('finds no trend in constants', () => {
    expect(trendOf([2, 2, 2, 2, 2, 2])).toEqual({tau: 0, pValue: 1, slope: 0, direction: 'none'});
  });

  it.each([12, 60])('finds a trend in noise in 5 % of the cases: %s numbers', n => {
    let found = 0;
    for (let seed = 0; seed < 400; seed++) {
      if (trendOf([...probeVector(seed, 1, n, 'gaussian')]).direction !== 'none') found++;
    }
    expect(found / 400).toBeGreaterThan(0.02);
    expect(found / 400).toBeLessThan(0.08);
  });

  it('finds a decrease under noise', () => {
    const noise = probeVector(1, 0, 40, 'gaussian');
    const {direction, slope} = trendOf(Array.from({length: 40}, (_, i) => -0.1 * i + noise[i]!));
    expect(direction).toBe('falls');
    expect(slope).toBeCloseTo(-0.1, 1);
  });

  it('gives nearly the same p-value by the exact distribution and by the normal approximation', () => {
    // 30 numbers are exact, 31 are not: one more number hardly changes anything.
    const values = Array.from({length: 31}, (_, i) => Math.sin(i * 2.4) - 0.03 * i);
    const exact = trendOf(values.slice(0, 30)).pValue;
    const normal = trendOf(values).pValue;
    expect(Math.abs(Math.log(normal / exact))).toBeLessThan(1);
  });

  it('needs at least two numbers', () => {
    expect(() => trendOf([1])).toThrow(InvalidArgumentError);
  });
});
