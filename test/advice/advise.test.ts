import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {advise} from '../../src/advice/advise.js';
import {findingLines} from '../../src/advice/print.js';
import {everyEpochs} from '../../src/callbacks/schedules.js';
import {useEngine} from '../engines.js';
import {setLayer, type Training, train} from './trainings.js';

beforeAll(() => useEngine('cpu'));

let calls = 0;

const faults: readonly (readonly [rule: string, layer: string | null, training: Training])[] = [
  ['diverging', null, {regression: true, optimizer: () => tf.train.sgd(2), units: [6], epochs: 4}],
  [
    'dead-layer',
    'hidden_2',
    {activation: 'relu', prepare: model => setLayer(model, 'hidden_2', (w, part) => (part === 1 ? -100 : w))},
  ],
  [
    'flat-network',
    null,
    {optimizer: () => tf.train.sgd(1e-9), prepare: model => setLayer(model, 'out', w => w * 1e5), epochs: 3},
  ],
  [
    'failed-samples',
    null,
    {
      callback: {
        batch: () => {
          if (calls++ % 2 === 0) throw new Error('no data');
          return {x: tf.ones([2, 4]), y: tf.tensor2d([[0], [1]])};
        },
      },
    },
  ],
  [
    'stuck-at-chance',
    null,
    {optimizer: () => tf.train.sgd(1e-6), prepare: model => setLayer(model, 'out', w => w / 1000)},
  ],
  ['penalty-too-strong', null, {strength: 2}],
  [
    'saddle',
    null,
    {
      ...{regression: true, relabel: label => label - 1, units: [6]},
      prepare: model => setLayer(model, 'out', () => 0),
      optimizer: () => tf.train.sgd(1e-6),
    },
  ],
  ['noisy-samples', null, {regression: true, callback: {traceProbes: 0, steps: 2, probes: 2}}],
  [
    'changing-batch',
    null,
    {
      optimizer: () => tf.train.sgd(1e-3),
      callback: {
        batch: () => {
          const x = tf.fill([3, 4], calls++ % 2 === 0 ? 1 : 4);
          return {x, y: tf.tensor2d([[0], [1], [2]])};
        },
      },
    },
  ],
  [
    'trace-owner',
    'hidden_2',
    {
      ...{units: [8, 4], activation: 'relu', optimizer: () => tf.train.sgd(1e-3)},
      // The same function, with the steepness of one layer in the next.
      prepare: model => {
        setLayer(model, 'hidden_1', w => w * 30);
        setLayer(model, 'hidden_2', w => w / 30);
      },
    },
  ],
  [
    'overfitting',
    null,
    {
      ...{validation: true, rows: 24, epochs: 100, units: [24], optimizer: () => tf.train.adam(0.05)},
      relabel: (label, i) => (i % 4 === 0 ? (label + 1) % 3 : label),
      callback: {schedule: everyEpochs(10)},
    },
  ],
];

describe('a fault is named first', () => {
  it.each(faults)('%s', async (rule, layer, training) => {
    calls = 0;
    const {samples, context} = await train(training);
    const findings = advise(samples, context);
    const [first] = findings;
    expect(first).toMatchObject({rule, layer, level: expect.stringMatching(/^(act|look)$/)});
    expect(Object.values(first!.evidence).every(Number.isFinite)).toBe(true);
    expect(first!.tryThis).not.toBe('');
    expect(JSON.parse(JSON.stringify(findings))).toEqual(findings);
    expect(findingLines(findings)[0]).toMatch(/^[!?] /);
  });
});

const healthy: readonly (readonly [what: string, training: Training])[] = [
  ['SGD', {}],
  ['SGD, another seed', {seed: 7}],
  ['momentum', {optimizer: () => tf.train.momentum(0.05, 0.9)}],
  ['Adam', {optimizer: () => tf.train.adam(0.01)}],
  ['RMSProp', {optimizer: () => tf.train.rmsprop(0.005)}],
  ['Adagrad and relu', {optimizer: () => tf.train.adagrad(0.1), activation: 'relu'}],
  ['four layers', {units: [8, 8, 8], optimizer: () => tf.train.adam(0.01)}],
  ['small batches', {batchSize: 10, optimizer: () => tf.train.sgd(0.05)}],
  ['regression', {regression: true, optimizer: () => tf.train.adam(0.01)}],
  ['a penalty that fits', {strength: 1e-3}],
];

describe('a healthy training raises no alarm', () => {
  it.each(healthy)('%s', async (_, training) => {
    const {samples, context} = await train(training);
    const findings = advise(samples, context);
    expect(findings.filter(({level}) => level !== 'note')).toEqual([]);
  });
});

describe('advise', () => {
  it('notes each layer whose trace has an error above 15 %, with the number of samples, and no other', async () => {
    const {samples} = await train({units: [8, 4]});
    const noisy = (share: number) =>
      samples.map((sample, i) => ({
        ...sample,
        layers: sample.layers.map((layer, at) => {
          const standardError = at === 0 && i < 2 ? share * Math.abs(layer.trace.value) : 0;
          return {...layer, trace: {...layer.trace, standardError}};
        }),
      }));
    const noted = (share: number) => advise(noisy(share)).filter(({rule}) => rule === 'noisy-layers');
    expect(noted(0.14)).toEqual([]);
    const [finding] = noted(0.4);
    const {name} = samples[0]!.layers[0]!;
    expect(finding).toMatchObject({level: 'note', layer: name, evidence: {layers: 1}});
    expect(finding!.evidence.relativeError).toBeCloseTo(0.4, 6);
    expect(finding!.text).toContain(`${name} in 2 of ${samples.length} samples, up to 40 %`);
  });

  it('takes the samples in any order, and those of the newest training alone', async () => {
    const {samples, context} = await train({strength: 2});
    const other = samples.map((sample, i) => ({
      ...sample,
      run: 'old',
      training: 'old',
      time: `2020-01-0${1 + (i % 9)}`,
      loss: 1,
    }));
    const findings = advise(samples, context);
    expect(findings).not.toEqual([]);
    expect(advise([...other, ...samples].reverse(), context)).toEqual(findings);
  });

  it('goes by the stability of the samples, where they have it', async () => {
    const {samples, context} = await train({epochs: 4});
    const at = (ratio: number) => {
      const with_ = samples.map(sample => ({
        ...sample,
        stability: {optimizer: 'sgd', sharpness: ratio, threshold: 1, ratio},
      }));
      return advise(with_, context).map(({rule, level}) => `${rule} ${level}`);
    };
    expect(at(3)).toContain('beyond-edge act');
    expect(at(1)).toContain('at-edge note');
    expect(at(0.01)).toContain('far-below-edge note');
    expect(at(0.3).filter(each => each.includes('edge'))).toEqual([]);
  });

  it('has nothing to say without samples, but that all of them failed', () => {
    expect(advise([])).toEqual([]);
    expect(advise([], {failures: 3})).toMatchObject([{rule: 'failed-samples', level: 'act'}]);
  });
});
