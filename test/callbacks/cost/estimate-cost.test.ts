import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {type EstimateCostArgs, estimateCost} from '../../../src/callbacks/cost/estimate-cost.js';
import {HessianSpectrumCallback} from '../../../src/callbacks/hessian-spectrum-callback.js';
import {measurementArgs} from '../../../src/callbacks/measurement-args.js';
import {measureCurvature} from '../../../src/callbacks/sampling/measure-curvature.js';
import {readEdge} from '../../../src/callbacks/sampling/read-edge.js';
import {InvalidArgumentError} from '../../../src/errors.js';
import {weightedLayers} from '../../../src/model/layers/weighted-layers.js';
import {useEngine} from '../../engines.js';

let model: tfl.Sequential;
let batch: {x: tf.Tensor; y: tf.Tensor};

beforeAll(() => useEngine('native'));
beforeEach(() => {
  model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({filters: 6, kernelSize: 3, activation: 'relu', inputShape: [12, 12, 1], name: 'conv'}),
      tfl.layers.flatten(),
      tfl.layers.dense({units: 20, activation: 'tanh', name: 'hidden'}),
      tfl.layers.dense({units: 3, activation: 'softmax', name: 'out'}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  const labels = tf.tensor1d(
    Array.from({length: 48}, (_, i) => i % 3),
    'int32',
  );
  batch = {x: tf.randomUniform([48, 12, 12, 1], 0, 1, 'float32', 3), y: tf.oneHot(labels, 3)};
  labels.dispose();
});
afterEach(() => {
  model.dispose();
  tf.dispose(batch);
});

function errorOf(body: () => unknown): unknown {
  try {
    return body();
  } catch (error) {
    return error;
  }
}

/** What a sample really takes. */
async function taken({layers, subBatch = null, ...args}: {layers: string[]} & Record<string, unknown>) {
  const start = tf.memory().numBytes;
  let passes = 0;
  const {peakBytes} = await tf.profile(async () => {
    const work = {operator: 'hessian', regularizers: false, steps: 20, probes: 2} as const;
    const given = {...work, traceProbes: 10, k: 1, seed: 0, ...args};
    const {gradientPasses} = await measureCurvature(
      model,
      batch,
      {...given, layers, subBatch: subBatch as null},
      readEdge(model, given.operator),
    );
    passes = gradientPasses;
    return [];
  });
  return {passes, bytes: peakBytes - start};
}

describe('estimateCost', () => {
  it.each<[string, EstimateCostArgs]>([
    ['by default', {}],
    ['of one layer, on part of the batch', {layers: ['hidden'], subBatch: 16}],
    ['of several eigenvalues', {k: 8, steps: 12}],
    ['of Gauss–Newton with more probes', {operator: 'gaussNewton', probes: 4, steps: 10, traceProbes: 0}],
  ])('is near what the sample then takes: %s', async (_, args) => {
    const {gradientPasses, seconds, bytes} = await estimateCost(model, batch, args);
    const layers = (args.layers as string[] | undefined) ?? weightedLayers(model).map(({name}) => name);
    const real = await taken({...args, layers});
    expect(gradientPasses / real.passes).toBeGreaterThan(0.8);
    expect(gradientPasses / real.passes).toBeLessThan(1.6);
    expect(bytes / real.bytes).toBeGreaterThan(0.7);
    expect(bytes / real.bytes).toBeLessThan(2);
    expect(seconds).toBeGreaterThan(0);
  });

  it('rises with the steps and falls with fewer layers', async () => {
    const all = await estimateCost(model, batch);
    const long = await estimateCost(model, batch, {steps: 40});
    const middle = await estimateCost(model, batch, {layers: 'middle'});
    expect(long.gradientPasses).toBeGreaterThan(1.5 * all.gradientPasses);
    expect(middle.gradientPasses).toBeLessThan(all.gradientPasses);
  });

  it('with statistics of gradients is three gradient passes more, and the memory of the weights before a step', async () => {
    const without = await estimateCost(model, batch, {layers: 'middle'});
    const whole = await estimateCost(model, batch, {layers: 'middle', gradients: {parts: 2}});
    expect(whole.gradientPasses - without.gradientPasses).toBeCloseTo(3, 6);
    expect(whole.bytes - without.bytes).toBeGreaterThanOrEqual(4 * model.countParams());
    const many = await estimateCost(model, batch, {layers: 'middle', gradients: {parts: 1000}});
    // A gradient of all weights for each part that the batch has.
    expect(many.bytes).toBeGreaterThan(4 * model.countParams() * 48);
    expect(many.bytes).toBeLessThan(4 * model.countParams() * 1000);
  });

  it('leaves no tensors behind, also when it fails', async () => {
    const held = tf.memory().numTensors;
    await estimateCost(model, batch, {subBatch: 8});
    expect(tf.memory().numTensors).toBe(held);
    await expect(estimateCost(model, {...batch, y: batch.x})).rejects.toThrow(InvalidArgumentError);
    await expect(estimateCost(model, batch, {layers: ['nowhere']})).rejects.toThrow(/nowhere/);
    expect(tf.memory().numTensors).toBe(held);
  });

  it('of the penalized loss counts the kernels of the regularizers', async () => {
    const kernelRegularizer = tfl.regularizers.l2({l2: 0.1});
    const penalized = tfl.sequential({
      layers: [tfl.layers.dense({units: 40, inputShape: [20], kernelRegularizer}), tfl.layers.dense({units: 1})],
    });
    penalized.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const data = {x: tf.ones([2, 20]), y: tf.ones([2, 1])};
    const [plain, with_] = [
      await estimateCost(penalized, data),
      await estimateCost(penalized, data, {regularizers: true}),
    ];
    expect(with_.bytes).toBeGreaterThan(plain.bytes);
    penalized.dispose();
    tf.dispose(data);
  });

  it('takes each option of the callback that says what is measured, with the same check', async () => {
    const wrong = Object.keys(measurementArgs.entries).map(name => [name, {[name]: {}}] as const);
    expect(wrong.length).toBeGreaterThan(5);
    const pairs = [
      ...wrong.filter(([name]) => name !== 'gradients'),
      ['gradients', {gradients: {parts: 1}}] as const,
      ['a pair', {regularizers: true, operator: 'gaussNewton'}] as const,
    ];
    for (const [name, args] of pairs) {
      const messageOf = (error: unknown) => {
        expect(error, name).toBeInstanceOf(InvalidArgumentError);
        return (error as Error).message.replace(/estimateCost\(\)|HessianSpectrumCallback/g, '…');
      };
      const ofCallback = messageOf(errorOf(() => new HessianSpectrumCallback(args as never)));
      expect(messageOf(await estimateCost(model, batch, args as never).catch(error => error)), name).toBe(ofCallback);
    }
  });

  it('refuses more eigenvalues than the steps can find', async () => {
    await expect(estimateCost(model, batch, {steps: 5, k: 6})).rejects.toThrow(InvalidArgumentError);
  });

  it('refuses options that change no cost', async () => {
    await expect(estimateCost(model, batch, {schedule: () => true} as never)).rejects.toThrow(
      /"schedule" is not an option of estimateCost\(\)/,
    );
  });
});
