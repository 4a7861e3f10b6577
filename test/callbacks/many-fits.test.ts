import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import type {HessianSpectrumCallbackArgs} from '../../src/callbacks/callback-args.js';
import type {CallbackState} from '../../src/callbacks/callback-state.js';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import type {Schedule, ScheduleContext} from '../../src/callbacks/schedules.js';
import {
  allOf,
  anyOf,
  atBatches,
  atEpochs,
  everyBatches,
  everyEpochs,
  geometric,
  onTrainBegin,
  onTrainEnd,
  when,
  withinBudget,
} from '../../src/callbacks/schedules.js';
import {parseSample} from '../../src/streams/parse-sample.js';
import {trend} from '../../src/streams/trend.js';
import {useEngine} from '../engines.js';
import {collect, plainModel, smallData} from './small-model.js';

const {x, y} = await useEngine('native').then(smallData);
const oneStep = {batchSize: 20, verbose: 0} as const;

beforeAll(() => useEngine('native'));

async function trainOften(args: HessianSpectrumCallbackArgs, fits: number, fitArgs = {}) {
  const curvature = new HessianSpectrumCallback({steps: 2, probes: 1, ...args});
  const {samples, failures} = collect(curvature);
  const model = plainModel();
  for (let i = 0; i < fits; i++) await model.fit(x, y, {...oneStep, ...fitArgs, callbacks: [curvature]});
  expect(failures).toEqual([]);
  return {samples, curvature, model};
}

const own = {x, y};

describe('In many fits of one step each', () => {
  it.each<[string, Schedule, number[]]>([
    ['everyBatches(5)', everyBatches(5), [5, 10, 15, 20, 25, 30, 35, 40]],
    ['everyEpochs(10)', everyEpochs(10), [10, 20, 30, 40]],
    ['atBatches([3, 17])', atBatches([3, 17]), [3, 17]],
    ['atEpochs([0, 30])', atEpochs([0, 30]), [1, 31]],
    ['geometric()', geometric(), [1, 2, 4, 8, 16, 32]],
    ['anyOf', anyOf(atBatches([2]), everyEpochs(20)), [2, 20, 40]],
    ['allOf', allOf(everyBatches(4), everyBatches(6)), [12, 24, 36]],
    ['onTrainBegin()', onTrainBegin(), [0]],
    [
      'onTrainEnd() with when()',
      allOf(
        onTrainEnd(),
        when(({step}) => step % 13 === 0),
      ),
      [13, 26, 39],
    ],
    [
      'when() of the fit',
      when(({event, fit}) => event === 'epochEnd' && fit.index % 15 === 14 && fit.step === 1),
      [15, 30],
    ],
  ])('%s counts over all of them', async (_, schedule, steps) => {
    const {samples, model} = await trainOften({schedule, batch: own}, 40);
    expect(samples.map(({step}) => step)).toEqual(steps);
    // Also within the fit.
    expect(samples.map(({epoch}) => epoch)).toEqual(steps.map(() => 0));
    expect(samples.map(({fitStep}) => fitStep)).toEqual(steps.map(step => Math.min(step, 1)));
    expect(samples.map(({fit}) => fit)).toEqual(steps.map(step => Math.max(0, step - 1)));
    expect(samples.map(({totalEpoch}) => totalEpoch)).toEqual(steps.map(step => Math.max(0, step - 1)));
    model.dispose();
  });

  it('restart: true counts each fit from 0', async () => {
    const none = await trainOften({schedule: everyBatches(2), restart: true}, 10);
    expect(none.samples).toEqual([]);
    const {samples} = await trainOften({schedule: everyEpochs(2), restart: true}, 3, {epochs: 3, batchSize: 10});
    expect(samples.map(({epoch, totalEpoch, step, fitStep, fit}) => [epoch, totalEpoch, step, fitStep, fit])).toEqual(
      Array(3).fill([1, 1, 4, 4, 0]),
    );
    expect(new Set(samples.map(({training}) => training)).size).toBe(3);
  });

  it('each fit is a run, and all of one model are one training', async () => {
    const {samples, curvature} = await trainOften({schedule: everyBatches(1)}, 3);
    expect(new Set(samples.map(({run}) => run)).size).toBe(3);
    expect(samples.map(({index}) => index)).toEqual([0, 0, 0]);
    expect(samples.map(({training}) => training)).toEqual(Array(3).fill(samples[0]!.run));
    await plainModel().fit(x, y, {...oneStep, callbacks: [curvature]});
    expect(curvature.state().training).toBe(curvature.state().run);
    expect(curvature.state().step).toBe(4);
  });

  it('probes differ between samples', async () => {
    // The weights do not change, so only different probes change the trace.
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 2, probes: 1, batch: own});
    const {samples} = collect(curvature);
    const model = plainModel(tf.train.sgd(0));
    for (let i = 0; i < 4; i++) await model.fit(x, y, {...oneStep, callbacks: [curvature]});
    expect(new Set(samples.map(({full}) => full.trace.value)).size).toBe(4);
  });

  it('a budget counts the time of all fits', async () => {
    const contexts: ScheduleContext[] = [];
    const watch = when(context => {
      contexts.push(context);
      return false;
    });
    await trainOften({schedule: anyOf(watch, allOf(everyBatches(4), withinBudget(0.5)))}, 12);
    const elapsed = contexts.filter(({event}) => event === 'batchEnd').map(context => context.elapsed);
    expect(elapsed).toHaveLength(12);
    expect(elapsed).toEqual([...elapsed].sort((a, b) => a - b));
    expect(contexts.at(-1)!.sampling).toBeGreaterThan(0);
  });

  it('operators with a state continue', async () => {
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 2, probes: 1});
    const trends: number[] = [];
    curvature
      .metric$('trace')
      .pipe(trend({window: 3}))
      .subscribe(({step}) => trends.push(step));
    const model = plainModel();
    for (let i = 0; i < 4; i++) await model.fit(x, y, {...oneStep, callbacks: [curvature]});
    expect([...new Set(trends)]).toEqual([2, 3, 4]);
  });

  it('400 fits leave no tensors and no listeners', async () => {
    const {curvature, model, samples} = await trainOften({schedule: everyBatches(5)}, 10);
    const before = tf.memory().numTensors;
    const ends: number[] = [];
    curvature.runs$.subscribe(run => run.subscribe({complete: () => ends.push(1)}));
    for (let i = 0; i < 390; i++) await model.fit(x, y, {...oneStep, callbacks: [curvature]});
    expect(tf.memory().numTensors).toBe(before);
    expect(samples).toHaveLength(80);
    // The last run before the subscription, and each one after it.
    expect(ends).toHaveLength(391);
    const inner = (model as unknown as {model: object}).model;
    expect(Object.getOwnPropertyDescriptor(inner, 'isTraining')?.get).toBeUndefined();
  });
});

describe('Epochs', () => {
  it('continue to count if a fit begins at 0, and follow initialEpoch otherwise', async () => {
    const {samples} = await trainOften({schedule: everyEpochs(1)}, 2, {epochs: 2});
    expect(samples.map(({epoch, totalEpoch}) => [epoch, totalEpoch])).toEqual([
      [0, 0],
      [1, 1],
      [0, 2],
      [1, 3],
    ]);
    const curvature = new HessianSpectrumCallback({schedule: everyEpochs(3), steps: 2, probes: 1});
    const seen = collect(curvature).samples;
    const model = plainModel();
    for (const [initialEpoch, epochs] of [
      [4, 6],
      [6, 10],
      [0, 3],
    ] as const) {
      await model.fit(x, y, {...oneStep, initialEpoch, epochs, callbacks: [curvature]});
    }
    expect(seen.map(({epoch, totalEpoch}) => [epoch, totalEpoch])).toEqual([
      [5, 5],
      [8, 8],
      [1, 11],
    ]);
  });

  it('and steps continue elsewhere with state() and restore()', async () => {
    const {curvature, samples: before} = await trainOften({schedule: everyBatches(4)}, 6);
    const state = JSON.parse(JSON.stringify(curvature.state())) as CallbackState;
    const next = new HessianSpectrumCallback({schedule: everyBatches(4), steps: 2, probes: 1});
    const after = collect(next).samples;
    next.restore(state);
    const model = plainModel();
    for (let i = 0; i < 6; i++) await model.fit(x, y, {...oneStep, callbacks: [next]});
    const moments = [...before, ...after].map(({step, totalEpoch, fit}) => [step, totalEpoch, fit]);
    // A resumed fit does not count as a new one.
    expect(moments).toEqual([
      [4, 3, 3],
      [8, 7, 6],
      [12, 11, 10],
    ]);
    expect(after.map(({training}) => training)).toEqual([state.training, state.training]);
  });

  it('of a state of an earlier version are those with which the next fit begins', async () => {
    const curvature = new HessianSpectrumCallback({schedule: everyEpochs(1), steps: 2, probes: 1});
    const {samples} = collect(curvature);
    curvature.restore({
      ...{schema: 1, run: 'r', index: 2, epoch: 1, step: 6, sampledStep: 6},
      ...{elapsed: 10, waited: 1, lastWait: 1, lastSample: null},
    });
    await plainModel().fit(x, y, {...oneStep, initialEpoch: 2, epochs: 3, callbacks: [curvature]});
    expect(samples).toMatchObject([{run: 'r', index: 2, epoch: 2, totalEpoch: 2, step: 7, fitStep: 7}]);
  });
});

it('A record of an earlier version, without the counts, can be read', async () => {
  const {samples} = await trainOften({schedule: everyBatches(1)}, 1);
  const {totalEpoch: _, fit: __, fitStep: ___, training: ____, ...rest} = samples[0]!;
  const {skipped: _____, ...cost} = rest.cost;
  const earlier = {...rest, cost};
  expect(parseSample(JSON.stringify(earlier))).toEqual({...earlier, cost: {...cost, skipped: 0}});
  expect(() => parseSample(JSON.stringify({...earlier, totalEpoch: '1'}))).toThrow(/totalEpoch is "1"/);
});
