import {PassThrough} from 'node:stream';
import {text} from 'node:stream/consumers';
import * as tf from '@tensorflow/tfjs-core';
import {from} from 'rxjs';
import {beforeAll, describe, expect, it} from 'vitest';
import {advise} from '../../src/advice/advise.js';
import {courseLine, findingLines} from '../../src/advice/print.js';
import {everyEpochs} from '../../src/callbacks/schedules.js';
import {probeVector} from '../../src/random.js';
import {summary} from '../../src/sinks/summary.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {useEngine} from '../engines.js';
import {makeSample} from '../sinks/make-sample.js';
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
    // A text names its moment, or counts samples; and each finding says how sure it is.
    if (rule !== 'overfitting') expect(first!.text).toMatch(/step \d|samples/);
    expect(findings.every(({certainty}) => certainty.endsWith('.'))).toBe(true);
    expect(findings.map(({text}) => text).join()).not.toMatch(/NaN|undefined|Infinity|\d{8}/);
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

/** The samples of a training whose numbers are set. */
function samplesOf(values: readonly {loss?: number; trace?: number; error?: number; top?: number}[]): HessianSample[] {
  return values.map(({loss = 1, trace = 10, error = 1, top = 4}, i) => {
    const sample = makeSample(i, {layers: ['first', 'second', 'third']});
    const full = {
      ...sample.full,
      trace: {value: trace, standardError: error, probes: 4},
      largest: [{value: top, residual: 0.01}],
      smallest: [{value: -0.1, residual: 0.001}],
    };
    const {layers} = makeSample(0, {layers: ['first', 'second', 'third']});
    return {...sample, loss, full, layers, stability: null};
  });
}

describe('noise', () => {
  // Each of the two tests for a trend or a growth is one of 1 %; 0.03 of 300 is three standard deviations above two of them.
  it.each([3, 5, 12, 40])('raises an alarm in at most 3 of 100 trainings of %d samples', count => {
    const normals = probeVector(7, 0, 300 * 3 * count, 'gaussian');
    let used = 0;
    const next = () => normals[used++]!;
    let alarms = 0;
    for (let i = 0; i < 300; i++) {
      const samples = samplesOf(
        Array.from({length: count}, () => ({
          loss: Math.exp(0.4 * next()),
          trace: 10 + next(),
          top: 4 * Math.exp(0.3 * next()),
        })),
      );
      if (advise(samples, {classes: 10, penalized: i % 2 === 0}).some(({level}) => level !== 'note')) alarms++;
    }
    expect(alarms / 300).toBeLessThanOrEqual(0.03);
  });
});

describe('the texts of findings', () => {
  const textsOf = (samples: HessianSample[], context = {}) =>
    Object.fromEntries(advise(samples, context).map(finding => [finding.rule, finding]));

  it('name the ends of a trend, with steps and error bars', () => {
    const rising = samplesOf(
      Array.from({length: 8}, (_, i) => ({loss: 2 / (1 + i), trace: 10 + 4 * i, top: 2 + 3 * i})),
    );
    const {sharpening, 'penalty-without-effect': penalty} = textsOf(rising, {penalized: true});
    expect(sharpening!.text).toMatch(/from 2 ± 0.01 at step 10 to 23\b.* at step 80/);
    expect(penalty!.text).toMatch(/from 10 ± 1 at step 10 to 38 ± 1 at step 80/);
    expect(penalty!.certainty).toMatch(/8 samples/);
    const grown = textsOf(samplesOf([1, 4.5, 20, 1e9].map(loss => ({loss}))));
    expect(grown.diverging!.text).toMatch(/from 1 at step 10 to 1e9 at step 40/);
  });

  it('do not say that a trace has risen within its errors', () => {
    const within = samplesOf(Array.from({length: 8}, (_, i) => ({trace: 10 + 0.1 * i})));
    expect(textsOf(within, {penalized: true})).not.toHaveProperty('penalty-without-effect');
  });

  it('give the ratio of the newest sample, with the name of the optimizer, as summary does', async () => {
    const samples = samplesOf([{}, {}, {}]).map((sample, i) => ({
      ...sample,
      stability: {optimizer: 'Adam', sharpness: 38 + i, threshold: 10, ratio: 3.8 + i / 10, residual: 0.02},
    }));
    const {'beyond-edge': beyond} = textsOf(samples);
    expect(beyond!.text).toMatch(/^Adam .*4 of its edge .* step 30 \(sharpness 40 ± 0.02, threshold 10\)/);
    expect(beyond!.certainty).toMatch(/3.8, 3.9, 4/);
    expect(beyond!.evidence).toMatchObject({ratio: 4, sharpness: 40, threshold: 10});
    const stream = new PassThrough();
    from(samples).subscribe(summary({stream}));
    stream.end();
    const lines = (await text(stream)).split('\n');
    expect(lines[2]).toContain('Adam: 4 of its edge');
    expect(lines).toContain(`! ${beyond!.text}`);
  });

  it('do not contradict each other: a training that diverges is not told to raise its learning rate', () => {
    const samples = samplesOf([1, 5, 30, 200, 900].map(loss => ({loss}))).map(sample => ({
      ...sample,
      full: {...sample.full, smallest: [{value: -3, residual: 0.01}]},
      stability: {optimizer: 'SGD', sharpness: 0.1, threshold: 10, ratio: 0.01},
    }));
    expect(advise(samples).map(({rule}) => rule)).toEqual(['diverging']);
  });

  it('begin, on the command line, with the course of the training', () => {
    const samples = samplesOf([
      {loss: 2.5, trace: 60.123, error: 2.5, top: 10.5},
      {loss: 0.5, trace: 90, error: 3, top: 20},
    ]);
    expect(courseLine(samples)).toBe(
      '2 samples, steps 10 to 20: loss 2.5 → 0.5, trace 60.1 ± 2.5 → 90 ± 3, largest eigenvalue 10.5 ± 0.01 → 20 ± 0.01.',
    );
    expect(courseLine(samples.slice(1))).toBe(
      '1 sample, at step 20: loss 0.5, trace 90 ± 3, largest eigenvalue 20 ± 0.01.',
    );
  });
});

describe('a long training', () => {
  it('is judged by samples that are spread over it, and by the newest', () => {
    const values = Array.from({length: 5000}, (_, i) => ({loss: 2 - i / 5000, top: 2 + i / 500}));
    const findings = advise(samplesOf(values), {failures: 3});
    expect(findings.map(({rule}) => rule)).toEqual(['failed-samples', 'sharpening']);
    expect(findings[0]!.evidence).toEqual({failures: 3, samples: 5000});
    expect(findings[1]!.text).toMatch(/from 2 ± 0.01 at step 10 to 12 ± 0.01 at step 50000/);
  });
});
