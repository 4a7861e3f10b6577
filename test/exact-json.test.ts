import fc from 'fast-check';
import {expect, it} from 'vitest';
import {fromExactJson, toExactJson} from '../src/exact-json.js';

it('every number and every text comes back as it was', () => {
  const numbers = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1 + 0.2, 5e-324];
  const texts = ['a', '\u0000-0', '\u0000\u0000NaN', ''];
  expect(fromExactJson(toExactJson([...numbers, ...texts]))).toEqual([...numbers, ...texts]);
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.double(), fc.string())), values => {
      expect(fromExactJson(toExactJson(values))).toEqual(values);
    }),
    {numRuns: 200, seed: 1},
  );
});
