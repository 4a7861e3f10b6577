import {expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {whenAbove} from '../../src/streams/when-above.js';
import {marbles, points} from './points.js';

const values = points({a: 1, b: 2, c: 3, d: 4});

it('emits each rise above the threshold once', () => {
  marbles(({cold, expectObservable}) => {
    expectObservable(cold('-acdabcd-c|', values).pipe(whenAbove(2))).toBe('--c---c---|', values);
  });
});

it('counts a first point above it as a rise, and the threshold itself as below', () => {
  marbles(({cold, expectObservable}) => {
    expectObservable(cold('-d-b-d-|', values).pipe(whenAbove(2))).toBe('-d---d-|', values);
  });
});

it('watches each layer separately, and starts again with each run', () => {
  const mixed = {...values, ...points({e: 4}, {layer: 'l'}), ...points({f: 4}, {run: 'next'})};
  marbles(({cold, expectObservable}) => {
    expectObservable(cold('-dedef|', mixed).pipe(whenAbove(2))).toBe('-de--f|', mixed);
  });
});

it('refuses a threshold that is not a number', () => {
  expect(() => whenAbove(Number.NaN)).toThrow(InvalidArgumentError);
  expect(() => whenAbove('2' as never)).toThrow(InvalidArgumentError);
});
