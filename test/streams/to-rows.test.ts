import {expect, it} from 'vitest';
import {sampleRows, toRows} from '../../src/streams/to-rows.js';
import {marbles, sample} from './points.js';

it('makes a row for the network and one for each layer', () => {
  const rows = sampleRows(sample(6));
  expect(rows.map(({layer, parameters, trace, top, bottom}) => [layer, parameters, trace, top, bottom])).toEqual([
    [null, 3, 12, 6, -6],
    ['a', 3, 6, 3, -3],
    ['b', 3, 4, 2, -2],
  ]);
  expect(rows[0]).toMatchObject({wasserstein: null, className: null, traceStandardError: 0.5, learningRate: 0.1});
  expect(rows[1]).toMatchObject({wasserstein: 0.1, className: 'Dense', topResidual: 0.1});
});

it('is flat: numbers, strings and null', () => {
  for (const row of sampleRows(sample(6))) {
    for (const value of Object.values(row)) expect(value === null || typeof value !== 'object').toBe(true);
  }
});

it('emits the rows of a sample at once', () => {
  marbles(({cold, expectObservable}) => {
    const [x, y, z] = sampleRows(sample(6));
    expectObservable(cold('-s------|', {s: sample(6)}).pipe(toRows())).toBe('-(xyz)--|', {x, y, z});
  });
});
