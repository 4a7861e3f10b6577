import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import type {CallbackState} from '../../src/callbacks/callback-state.js';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {anyOf, everyBatches, everyEpochs, onTrainBegin} from '../../src/callbacks/schedules.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {useEngine} from '../engines.js';
import {callbackOf, collect, everyStep, smallData, smallModel, timeless} from './small-model.js';

beforeAll(() => useEngine('native'));

const momentum = () => tf.train.momentum(0.1, 0.9);
const newCallback = () =>
  new HessianSpectrumCallback({
    ...everyStep,
    schedule: anyOf(everyEpochs(1), everyBatches(2), onTrainBegin()),
    batch: own,
  });
const {x, y} = await useEngine('native').then(smallData);
const own = {x, y};
const fitArgs = {batchSize: 8, shuffle: false, verbose: 0} as const;

describe('A training that is stopped and continued', () => {
  it('gives the records of an unbroken one', async () => {
    const whole = newCallback();
    const unbroken = collect(whole);
    await smallModel({optimizer: momentum()}).fit(x, y, {...fitArgs, epochs: 4, callbacks: [whole]});

    const [first, second] = [newCallback(), newCallback()];
    const parts = [collect(first), collect(second)];
    let model: LayersModel = smallModel({optimizer: momentum()});
    // A checkpoint after the second epoch, from a callback that follows ours, as text for another process.
    let checkpoint: {
      state: string;
      weights: tf.Tensor[];
      optimizer: Awaited<ReturnType<tf.Optimizer['getWeights']>>;
    } | null = null;
    const save = callbackOf({
      onEpochEnd: async epoch => {
        if (epoch !== 1) return;
        checkpoint = {
          state: JSON.stringify(first.state()),
          weights: model.getWeights().map(weight => weight.clone()),
          optimizer: (await model.optimizer.getWeights()).map(({name, tensor}) => ({name, tensor: tensor.clone()})),
        };
      },
    });
    await model.fit(x, y, {...fitArgs, epochs: 2, callbacks: [first, save as never]});

    model = smallModel({optimizer: momentum()});
    const {state, weights, optimizer} = checkpoint!;
    model.setWeights(weights);
    await model.optimizer.setWeights(optimizer);
    second.restore(JSON.parse(state) as CallbackState);
    await model.fit(x, y, {...fitArgs, initialEpoch: 2, epochs: 4, callbacks: [second]});

    const samples = parts.flatMap(part => part.samples);
    expect(samples.map(timeless)).toEqual(unbroken.samples.map(timeless));
    expect(samples.map(({index}) => index)).toEqual(samples.map((_, i) => i));
    // One run in two streams.
    expect(new Set(samples.map(({run}) => run)).size).toBe(1);
    expect([...unbroken.failures, ...parts.flatMap(part => part.failures)]).toEqual([]);
  });

  it('continues the elapsed time for a budget', async () => {
    const curvature = newCallback();
    await smallModel().fit(x, y, {...fitArgs, epochs: 1, callbacks: [curvature]});
    const before = curvature.state();
    expect(before).toMatchObject({schema: 1, index: 3, step: 3, sampledStep: 3, epoch: 0});
    expect(before.waited).toBeGreaterThan(0);
    expect(before.waited).toBeLessThanOrEqual(before.elapsed);
    curvature.restore(before);
    await smallModel().fit(x, y, {...fitArgs, epochs: 1, callbacks: [curvature]});
    const after = curvature.state();
    expect(after.elapsed).toBeGreaterThan(before.elapsed);
    expect(after.waited).toBeGreaterThan(before.waited);
    expect(after.run).toBe(before.run);
  });

  it('is a new run without restore()', async () => {
    const curvature = newCallback();
    const runs: string[] = [];
    for (let i = 0; i < 2; i++) {
      await smallModel().fit(x, y, {...fitArgs, epochs: 1, callbacks: [curvature]});
      runs.push(curvature.state().run);
    }
    expect(runs[0]).not.toBe(runs[1]);
    expect(curvature.state()).toMatchObject({step: 6, fitStep: 3, fit: 1, index: 2, epochs: 2});
  });

  it('is refused with a value that is not a state', () => {
    const curvature = newCallback();
    expect(() => curvature.state()).toThrow(/before the first fit/);
    for (const state of [null, {}, {schema: 2, run: 'r', index: 0, step: 0}, 'state']) {
      expect(() => curvature.restore(state as never)).toThrow(InvalidArgumentError);
    }
  });
});
