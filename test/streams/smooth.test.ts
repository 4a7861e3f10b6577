import fc from 'fast-check';
import {from, lastValueFrom, map, toArray} from 'rxjs';
import {expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {smooth} from '../../src/streams/smooth.js';
import {marbles, point, points} from './points.js';

it('counts a point half as much as the one halfLife points later', () => {
  marbles(({cold, expectObservable}) => {
    const source = cold('-a-b-c-|', points({a: 0, b: 3, c: 7}));
    // 0; (3 + 0/2) / 1.5; (7 + 3/2 + 0/4) / 1.75
    expectObservable(source.pipe(smooth(1))).toBe('-a-b-c-|', points({a: 0, b: 2, c: 8.5 / 1.75}));
  });
});

it('keeps layers and metrics apart, and starts again with a run', () => {
  const values = {
    ...points({a: 4, b: 1}),
    ...points({c: 8, d: 2}, {layer: 'l'}),
    ...points({e: 5}, {metric: 'trace'}),
    ...points({f: 9}, {run: 'next'}),
  };
  marbles(({cold, expectObservable}) => {
    const smoothed = {...values, b: point(2), d: point(4, {layer: 'l'})};
    expectObservable(cold('acebdf|', values).pipe(smooth(1))).toBe('acebdf|', smoothed);
  });
});

it('has the standard error of the weighted mean, unless an error is not known', () => {
  marbles(({cold, expectObservable}) => {
    const values = {a: point(1, {standardError: 3}), b: point(1, {standardError: 2}), c: point(1)};
    const smoothed = {...values, b: point(1, {standardError: Math.sqrt(2 ** 2 + 1.5 ** 2) / 1.5})};
    expectObservable(cold('abc|', values).pipe(smooth(1))).toBe('abc|', smoothed);
  });
});

it('keeps a constant, and stays within the range of its points', () => {
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({min: -1e6, max: 1e6, noNaN: true}), {minLength: 1, maxLength: 30}),
      fc.double({min: 0.1, max: 50, noNaN: true}),
      async (values, halfLife) => {
        const smoothed = await lastValueFrom(
          from(values).pipe(
            map(value => point(value)),
            smooth(halfLife),
            toArray(),
          ),
        );
        // Rounding error of sums of up to 30 numbers of size 1e6.
        const slack = 1e-6;
        for (const {value} of smoothed) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...values) - slack);
          expect(value).toBeLessThanOrEqual(Math.max(...values) + slack);
        }
      },
    ),
  );
});

it('gives each subscription its own state', async () => {
  const smoothed = from([point(0), point(3)]).pipe(smooth(1), toArray());
  expect(await lastValueFrom(smoothed)).toEqual(await lastValueFrom(smoothed));
});

it('refuses an invalid half-life', () => {
  for (const halfLife of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => smooth(halfLife)).toThrow(InvalidArgumentError);
  }
});
