import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {engines, useEngine} from '../engines.js';
import {collect, everyStep, seeded, smallData, smallModel} from './small-model.js';

/** The result of a training, bit by bit. */
async function train(model: LayersModel, x: tf.Tensor, y: tf.Tensor, args: tfl.ModelFitArgs) {
  const {history} = await model.fit(x, y, {epochs: 2, batchSize: 8, verbose: 0, validationData: [x, y], ...args});
  const values = (tensors: tf.Tensor[]) => tensors.map(tensor => [...tensor.dataSync()]);
  const state = await model.optimizer.getWeights();
  const own = Object.entries(history).filter(([key]) => !key.startsWith('hessian/'));
  return {
    weights: values(model.getWeights()),
    optimizer: values(state.map(({tensor}) => tensor)),
    history: Object.fromEntries(own),
  };
}

/** Replaces `Math.random` by a seeded generator that counts its calls; `restore` undoes it. */
function seedMathRandom(seed: number) {
  const {random} = Math;
  let state = seed;
  let calls = 0;
  Math.random = () => {
    calls++;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x100000000;
  };
  return {
    calls: () => calls,
    restore: () => {
      Math.random = random;
    },
  };
}

describe.each(engines)('A training with a sample after every step on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each([
    ['sgd', () => tf.train.sgd(0.1)],
    ['momentum', () => tf.train.momentum(0.1, 0.9)],
    ['adam', () => tf.train.adam(0.01)],
  ])('with %s, batch norm and seeded dropout has the same bits as without samples', async (_name, optimizer) => {
    const {x, y} = smallData();
    const run = (callbacks: tfl.Callback[]) =>
      train(smallModel({optimizer: optimizer()}), x, y, {shuffle: false, callbacks});
    const curvature = new HessianSpectrumCallback(everyStep);
    const {samples, failures} = collect(curvature);
    expect(await run([curvature])).toEqual(await run([]));
    expect(failures).toEqual([]);
    expect(samples).toHaveLength(6);
  });

  it('draws the same random numbers in the same order: shuffling, dropout and noise without a seed', async () => {
    const {x, y} = smallData();
    const run = async (callbacks: tfl.Callback[]) => {
      const random = seedMathRandom(3);
      try {
        return {...(await train(smallModel({dropoutSeed: null}), x, y, {callbacks})), calls: random.calls()};
      } finally {
        random.restore();
      }
    };
    expect(await run([new HessianSpectrumCallback(everyStep)])).toEqual(await run([]));
  });

  it('carries the state of a stateful recurrent layer from batch to batch, as without samples', async () => {
    const x = tf.randomNormal([20, 2, 2], 0, 1, 'float32', 3);
    const y = tf.randomNormal([20, 1], 0, 1, 'float32', 4);
    const run = async (callbacks: tfl.Callback[]) => {
      const init = {kernelInitializer: seeded(1), recurrentInitializer: seeded(2)};
      const model = tfl.sequential({
        layers: [
          tfl.layers.simpleRNN({units: 3, stateful: true, batchInputShape: [5, 2, 2], ...init}),
          tfl.layers.dense({units: 1, kernelInitializer: seeded(3)}),
        ],
      });
      model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
      return train(model, x, y, {batchSize: 5, shuffle: false, callbacks, validationData: undefined as never});
    };
    const curvature = new HessianSpectrumCallback(everyStep);
    const {samples} = collect(curvature);
    expect(await run([curvature])).toEqual(await run([]));
    expect(samples).toHaveLength(8);
  });
});
