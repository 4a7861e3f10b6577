import {expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {trendOf} from '../../src/metrics/statistics/trend.js';
import {trend} from '../../src/streams/trend.js';
import {marbles, points} from './points.js';

const values = points({a: 5, b: 4, c: 3, d: 2, e: 1, f: 0});
const withTrend = (letter: keyof typeof values, window: number[]) => ({...values[letter]!, trend: trendOf(window)});

it('tests the newest points of the window, from the second one on', () => {
  marbles(({cold, expectObservable}) => {
    expectObservable(cold('-a-b-c-d|', values).pipe(trend({window: 3}))).toBe('---b-c-d|', {
      b: withTrend('b', [5, 4]),
      c: withTrend('c', [5, 4, 3]),
      d: withTrend('d', [4, 3, 2]),
    });
  });
});

it('finds that six falling points fall, at the 5 % level', () => {
  marbles(({cold, expectObservable}) => {
    const falling = withTrend('f', [5, 4, 3, 2, 1, 0]);
    expect(falling.trend.direction).toBe('falls');
    expectObservable(cold('(abcdef|)', values).pipe(trend({window: 6}))).toBe('(bcdef|)', {
      b: withTrend('b', [5, 4]),
      c: withTrend('c', [5, 4, 3]),
      d: withTrend('d', [5, 4, 3, 2]),
      e: withTrend('e', [5, 4, 3, 2, 1]),
      f: falling,
    });
  });
});

it('starts again with a run', () => {
  const mixed = {...values, ...points({g: 9}, {run: 'next'})};
  marbles(({cold, expectObservable}) => {
    expectObservable(cold('-abg|', mixed).pipe(trend())).toBe('--b-|', {b: withTrend('b', [5, 4])});
  });
});

it('refuses a window of less than two points', () => {
  expect(() => trend({window: 1})).toThrow(InvalidArgumentError);
});
