import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {layerwiseSpectra} from '../../src/estimators/layerwise-spectra.js';
import type {Batch} from '../../src/model/batch.js';
import {hessian} from '../../src/operators/hessian.js';
import {deriveSeed} from '../../src/random.js';
import {useEngine} from '../engines.js';
import {collect, everyStep, plainModel, seeded, smallData} from './small-model.js';

beforeAll(() => useEngine('native'));

/** With a learning rate of zero the weights do not change, so that the sample can be repeated by hand. */
const still = () => tf.train.sgd(0);

async function expectSampleOf(model: tfl.LayersModel, batch: Batch, callback: HessianSpectrumCallback) {
  const {samples, failures} = collect(callback);
  expect(failures).toEqual([]);
  const seed = deriveSeed(0, 0);
  const network = await hessian(model, batch, {seed});
  const {full} = await layerwiseSpectra(network, {steps: 4, probes: 1, traceProbes: 10, seed});
  expect(samples[0]!.loss).toBe(network.loss);
  expect(samples[0]!.full).toEqual(full);
  network.dispose();
}

/** Two inputs, two outputs, by name. */
function twoByTwo(): tfl.LayersModel {
  const [a, b] = ['a', 'b'].map(name => tfl.input({shape: [4], name}));
  const joined = tfl.layers.concatenate().apply([a!, b!]) as tfl.SymbolicTensor;
  const hidden = tfl.layers
    .dense({units: 4, activation: 'tanh', kernelInitializer: seeded(1), name: 'hidden'})
    .apply(joined) as tfl.SymbolicTensor;
  const outputs = ['p', 'q'].map(
    (name, i) =>
      tfl.layers
        .dense({units: 3, activation: 'softmax', kernelInitializer: seeded(i + 2), name})
        .apply(hidden) as tfl.SymbolicTensor,
  );
  const model = tfl.model({inputs: [a!, b!], outputs});
  model.compile({optimizer: still(), loss: ['categoricalCrossentropy', 'meanSquaredError']});
  return model;
}

describe('The training batch', () => {
  it('with several named inputs and outputs is the one that the step used', async () => {
    const {x, y} = smallData();
    const xs = {a: x, b: tf.neg(x)};
    const ys = {p: y, q: tf.reverse(y, 1)};
    const model = twoByTwo();
    const callback = new HessianSpectrumCallback(everyStep);
    await model.fit(xs, ys, {batchSize: 20, epochs: 1, shuffle: false, verbose: 0, callbacks: [callback]});
    await expectSampleOf(model, {x: xs, y: ys}, callback);
  });

  it('includes class weights for one of several outputs', async () => {
    const {x, y} = smallData();
    const model = twoByTwo();
    const callback = new HessianSpectrumCallback(everyStep);
    await model.fit([x, x], [y, y], {
      ...{batchSize: 20, epochs: 1, shuffle: false, verbose: 0, callbacks: [callback]},
      classWeight: {p: {0: 1, 1: 2, 2: 5}} as never,
    });
    const weights = tf.tensor1d(Array.from({length: 20}, (_, i) => [1, 2, 5][i % 3]!));
    await expectSampleOf(model, {x: [x, x], y: [y, y], sampleWeight: {p: weights}}, callback);
  });

  it('of a data set is held although fitDataset disposes of it', async () => {
    const {x, y} = smallData();
    const model = plainModel(still());
    // The part of a tf.data.Dataset that fitDataset uses.
    const dataset = {
      size: 2,
      iterator: async () => {
        let i = 0;
        const next = async () =>
          i < 2
            ? {value: {xs: tf.slice(x, 10 * i, 10), ys: tf.slice(y, 10 * i++, 10)}, done: false}
            : {value: null, done: true};
        return {next};
      },
    };
    const callback = new HessianSpectrumCallback(everyStep);
    const before = tf.memory().numTensors;
    await model.fitDataset(dataset as never, {epochs: 2, verbose: 0, callbacks: [callback]});
    expect(tf.memory().numTensors).toBe(before);
    const {samples} = collect(callback);
    expect(samples[0]).toMatchObject({step: 4, epoch: 1, batch: 1, index: 3, batchSize: 10});
    const network = await hessian(model, {x: tf.slice(x, 10), y: tf.slice(y, 10)});
    expect(samples[0]!.loss).toBe(network.loss);
    network.dispose();
  });

  it('may be masked', async () => {
    const x = tf.tensor2d(Array.from({length: 10}, (_, i) => [1 + (i % 4), 2, i % 3, 0]));
    const y = tf.randomNormal([10, 1], 0, 1, 'float32', 2);
    const model = tfl.sequential({
      layers: [
        tfl.layers.embedding({inputDim: 5, outputDim: 3, inputLength: 4, maskZero: true, name: 'words'}),
        tfl.layers.gru({units: 3, kernelInitializer: seeded(1), recurrentInitializer: seeded(2)}),
        tfl.layers.dense({units: 1, kernelInitializer: seeded(3)}),
      ],
    });
    model.compile({optimizer: still(), loss: 'meanSquaredError'});
    const callback = new HessianSpectrumCallback(everyStep);
    await model.fit(x, y, {batchSize: 10, epochs: 1, shuffle: false, verbose: 0, callbacks: [callback]});
    await expectSampleOf(model, {x, y}, callback);
  });

  it('is cut to its first rows, or used whole if it has fewer', async () => {
    const {x, y} = smallData();
    const model = plainModel(still());
    const callback = new HessianSpectrumCallback({...everyStep, subBatch: 6});
    const sizes: number[] = [];
    callback.samples$.subscribe(({batchSize}) => sizes.push(batchSize));
    await model.fit(x, y, {batchSize: 16, epochs: 1, shuffle: false, verbose: 0, callbacks: [callback]});
    expect(sizes).toEqual([6, 4]);
  });
});

describe('A batch of the user', () => {
  it('is requested from a function for each sample, and stays the property of the user', async () => {
    const {x, y} = smallData();
    const model = plainModel(still());
    let calls = 0;
    const batch = async () => (calls++ % 2 ? {x, y} : {x: tf.slice(x, 0, 5), y: tf.slice(y, 0, 5)});
    const callback = new HessianSpectrumCallback({...everyStep, batch});
    const sizes: number[] = [];
    callback.samples$.subscribe(({batchSize}) => sizes.push(batchSize));
    await model.fit(x, y, {batchSize: 10, epochs: 2, verbose: 0, callbacks: [callback]});
    expect(sizes).toEqual([5, 20, 5, 20]);
    expect(x.isDisposed).toBe(false);
  });
});
