import {expect, it} from 'vitest';
import {sampleRows, toRows} from '../../src/streams/to-rows.js';
import {makeSample} from '../sinks/make-sample.js';
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

it('has statistics of the gradient where the callback takes them, alpha for the network alone', () => {
  const [without, [network, layer]] = [sampleRows(makeSample(2)), sampleRows(makeSample(1))];
  for (const {gradientNorm, updateRatio, gradientNoiseScale, alpha} of without) {
    expect([gradientNorm, updateRatio, gradientNoiseScale, alpha]).toEqual([null, null, null, null]);
  }
  const {full, layers, alpha} = makeSample(1).gradients!;
  const {norm, updateRatio, noiseScale} = full;
  expect(network).toMatchObject({gradientNorm: norm, updateRatio, gradientNoiseScale: noiseScale, alpha});
  expect(layer).toMatchObject({gradientNorm: layers.conv!.norm, gradientNoiseScale: null, alpha: null});
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
