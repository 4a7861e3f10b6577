// @module-tag browser
import * as tf from '@tensorflow/tfjs-core';
import {HessianSpectrumCallback} from 'tfjs-hessian';
import {beforeAll, describe, expect, it} from 'vitest';
import {collect, everyStep, plainModel, smallData, smallModel, timeless} from '../callbacks/small-model.js';
import {useEngine} from './engines.js';

const worker = () => new Worker(new URL('./worker.ts', import.meta.url), {type: 'module'});

describe.each(['cpu', 'webgl'] as const)('In a web worker on %s', engine => {
  beforeAll(() => useEngine(engine));

  it('the samples are those that the page takes itself', async () => {
    const {x, y} = smallData();
    const train = async (curvature: HessianSpectrumCallback) => {
      const {samples, failures} = collect(curvature);
      const model = smallModel();
      curvature.bind(model);
      for (const from of [0, 8]) {
        await model.trainOnBatch(tf.slice(x, from, 8), tf.slice(y, from, 8));
        await curvature.sample();
      }
      curvature.dispose();
      expect(failures).toEqual([]);
      return samples.map(timeless);
    };
    const own = await train(new HessianSpectrumCallback(everyStep));
    expect(own).toHaveLength(2);
    expect(await train(new HessianSpectrumCallback({...everyStep, background: {worker}}))).toEqual(own);
  });
});

it('Samples come from a web worker while the page trains on', async () => {
  await useEngine('cpu');
  const {x, y} = smallData();
  const curvature = new HessianSpectrumCallback({...everyStep, background: {worker}});
  const {samples, failures} = collect(curvature);
  const {history} = await plainModel().fit(x, y, {epochs: 10, batchSize: 8, verbose: 0, callbacks: [curvature]});
  curvature.dispose();
  expect(failures).toEqual([]);
  expect(history.loss).toHaveLength(10);
  expect(samples[0]!.step).toBe(1);
});

it('A page that asks for a worker of Node is told how to start one of its own', async () => {
  await useEngine('cpu');
  const {x, y} = smallData();
  const curvature = new HessianSpectrumCallback({...everyStep, background: true});
  await expect(plainModel().fit(x, y, {callbacks: [curvature]})).rejects.toThrow('serveSamples(self)');
});

it('Training in a page is bit for bit what it is without samples', async () => {
  await useEngine('webgl');
  const {x, y} = smallData();
  const weights = async (callbacks: HessianSpectrumCallback[]) => {
    const model = smallModel();
    await model.fit(x, y, {epochs: 2, batchSize: 8, shuffle: false, verbose: 0, callbacks});
    return Promise.all(model.getWeights().map(weight => weight.data()));
  };
  const observed = await weights([new HessianSpectrumCallback(everyStep)]);
  expect(observed).toEqual(await weights([]));
});
