import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {onTrainEnd} from '../../src/callbacks/schedules.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {useEngine} from '../engines.js';
import {callbackOf, collect, everyStep, plainModel, smallData, timeless} from './small-model.js';

const {x, y} = await useEngine('native').then(smallData);
const halves = [0, 10].map(from => [tf.slice(x, from, 10), tf.slice(y, from, 10)] as const);

beforeAll(() => useEngine('native'));

describe('sample()', () => {
  it('in a loop of trainOnBatch gives the same samples as fit at the same steps', async () => {
    const fitted = new HessianSpectrumCallback(everyStep);
    const inFit = collect(fitted);
    await plainModel().fit(x, y, {epochs: 2, batchSize: 10, shuffle: false, verbose: 0, callbacks: [fitted]});

    const model = plainModel();
    const byHand = new HessianSpectrumCallback(everyStep);
    const {samples} = collect(byHand);
    byHand.bind(model);
    for (const epoch of [0, 1]) {
      for (const [batch, [xs, ys]] of halves.entries()) {
        await model.trainOnBatch(xs, ys);
        expect(await byHand.sample({epoch, batch})).toBe(samples.at(-1));
      }
    }
    expect(samples.map(timeless)).toEqual(inFit.samples.map(timeless));
  });

  it('continues when the bound model is compiled again', async () => {
    const model = plainModel();
    const curvature = new HessianSpectrumCallback(everyStep);
    curvature.bind(model);
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const loss = await model.trainOnBatch(...halves[0]!);
    model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
    await model.trainOnBatch(...halves[0]!);
    const sample = await curvature.sample();
    expect(sample).toMatchObject({step: 2, epoch: 0, batch: null, learningRate: 0});
    expect(sample!.loss).toBeLessThan(loss as number);
  });

  it('takes several requested samples one after the other', async () => {
    const model = plainModel();
    const curvature = new HessianSpectrumCallback(everyStep);
    curvature.bind(model);
    await model.trainOnBatch(...halves[0]!);
    const taken = await Promise.all([curvature.sample(), curvature.sample()]);
    expect(taken.map(sample => sample!.index)).toEqual([0, 1]);
  });

  it('may be called by another callback during a fit', async () => {
    const curvature = new HessianSpectrumCallback({...everyStep, schedule: onTrainEnd()});
    const {samples} = collect(curvature);
    const other = callbackOf({onBatchEnd: async batch => void (batch === 1 && (await curvature.sample({batch})))});
    await plainModel().fit(x, y, {epochs: 1, batchSize: 5, verbose: 0, callbacks: [curvature, other]});
    expect(samples.map(({step, batch}) => [step, batch])).toEqual([
      [2, 1],
      [4, null],
    ]);
  });

  it('holds nothing after unbind', async () => {
    const model = plainModel();
    await model.trainOnBatch(...halves[0]!);
    const before = tf.memory().numTensors;
    const curvature = new HessianSpectrumCallback(everyStep);
    const ended: string[] = [];
    curvature.runs$.subscribe(run => run.subscribe({complete: () => ended.push('run')}));
    curvature.bind(model);
    await model.trainOnBatch(...halves[0]!);
    await curvature.sample();
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    curvature.unbind();
    expect(tf.memory().numTensors).toBe(before);
    expect(ended).toEqual(['run']);
    await model.trainOnBatch(...halves[0]!);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('works when the methods of the callback are called by hand, as in Keras', async () => {
    const model = plainModel();
    const curvature = new HessianSpectrumCallback(everyStep);
    const {samples} = collect(curvature);
    curvature.setModel(model);
    await curvature.onTrainBegin();
    await curvature.onEpochBegin(0);
    for (const [batch, data] of halves.entries()) {
      await model.trainOnBatch(...data);
      await curvature.onBatchEnd(batch);
    }
    await curvature.onEpochEnd(0);
    await curvature.onTrainEnd();
    expect(samples.map(({step, batch}) => [step, batch])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  it('explains what is missing', async () => {
    const curvature = new HessianSpectrumCallback(everyStep);
    await expect(curvature.sample()).rejects.toThrow(/bind\(model\) before sample/);
    expect(() => curvature.bind(tfl.sequential())).toThrow(InvalidArgumentError);
    const bound = plainModel();
    curvature.bind(bound);
    expect(() => curvature.bind(plainModel())).toThrow(/give model .* another callback/);
    // Before the first step there is no batch.
    const {failures} = collect(curvature);
    expect(await curvature.sample()).toBeNull();
    expect(failures[0]!.error.message).toMatch(/no training batch before the first step/);
    curvature.dispose();
    await expect(curvature.sample()).rejects.toThrow(/disposed/);
  });
});
