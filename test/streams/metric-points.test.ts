import {expect, it} from 'vitest';
import {metricOf} from '../../src/metrics/built-in.js';
import type {Metric} from '../../src/metrics/metric.js';
import {metricPoints} from '../../src/streams/metric-points.js';
import {sample} from './points.js';

const named = (name: Parameters<typeof metricOf>[0], layers?: string[]) =>
  metricPoints(sample(6, {step: 9}), metricOf(name), layers).map(({layer, value, standardError}) => [
    layer,
    value,
    standardError,
  ]);

it('are those of the network and each layer, with the error if it is known', () => {
  expect(named('trace')).toEqual([
    [null, 12, 0.5],
    ['a', 6, 0.5],
    ['b', 4, 0.5],
  ]);
  expect(named('top')[0]).toEqual([null, 6, undefined]);
});

it('are only those of the selected layers', () => {
  expect(named('trace', ['b'])).toEqual([['b', 4, 0.5]]);
});

it('are omitted where the metric is undefined', () => {
  // The network is not compared with itself.
  expect(named('similarity').map(([layer]) => layer)).toEqual(['a', 'b']);
});

it('have the norms of the weights: that of the network is over all layers', () => {
  const norm: Metric = {name: 'norm', unit: '1', describe: '‖w‖.', compute: (_, {weightNorm}) => weightNorm!};
  expect(metricPoints(sample(6), norm).map(({layer, value}) => [layer, value])).toEqual([
    [null, 5],
    ['a', 3],
    ['b', 4],
  ]);
});

const ofGradients = ['gradientNorm', 'updateRatio', 'gradientNoiseScale', 'alpha'] as const;

it('of gradients are omitted in samples without them, and where they are not known', () => {
  for (const name of ofGradients) expect(named(name)).toEqual([]);
  const known = {norm: 2, updateRatio: 0.1, noiseScale: 30};
  const gradients = {
    full: known,
    layers: {a: known, b: {norm: 1, updateRatio: null, noiseScale: null}},
    alpha: -0.5,
    parts: 8,
  };
  const points = ofGradients.map(name =>
    metricPoints(sample(6, {gradients}), metricOf(name)).map(({layer, value}) => [layer, value]),
  );
  expect(points).toEqual([
    [
      [null, 2],
      ['a', 2],
      ['b', 1],
    ],
    [
      [null, 0.1],
      ['a', 0.1],
    ],
    [
      [null, 30],
      ['a', 30],
    ],
    [[null, -0.5]],
  ]);
});
