import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {weightedLayers} from '../../src/model/weighted-layers.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {deriveSeed, probeVector} from '../../src/random.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {engines, useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, referenceNames, relativeError} from '../references.js';

const LEARNING_RATE = 0.01;
const STRENGTH = 0.5;
const SEED = 3;

/** All trainable weights, one after the other. */
function weightsOf(model: LayersModel): number[] {
  return model.trainableWeights.flatMap(weight => [...weight.read().dataSync()]);
}

/** The probe of a layer in a model's first penalized step. */
function firstProbe(model: LayersModel, layer: string): number[] {
  const {variables} = weightedLayers(model).find(({name}) => name === layer)!;
  const seed = deriveSeed(deriveSeed(SEED, 1, layer), 0);
  return variables.flatMap(({variable}, i) => [...probeVector(seed, i, variable.size, 'rademacher')]);
}

async function weightsAfterOneStep(name: string, prepare: (model: LayersModel) => void): Promise<number[]> {
  const reference = readReference(name);
  const model = await loadReferenceModel(name, reference);
  model.compile({
    optimizer: tf.train.sgd(LEARNING_RATE),
    loss: reference.losses.length === 1 ? reference.losses[0]! : reference.losses,
  });
  prepare(model);
  const {x, y} = referenceBatch(reference);
  await model.trainOnBatch(x, y);
  return weightsOf(model);
}

// `trainOnBatch` always trains, and takes no sample weights.
const trainable = referenceNames.filter(name => {
  const {training, sampleWeight, penalty} = readReference(name);
  return training && sampleWeight === null && penalty !== undefined;
});

describe.each(engines)('the trace penalty on %s', engine => {
  beforeAll(() => useEngine(engine));

  // TensorFlow.js' own cpu engine takes a wrong gradient of average pooling with padding, in any training step.
  const sound = trainable.filter(name => engine === 'native' || name !== 'cnn_tanh_avgpool_strided');

  it.each(sound)('moves the weights of %s by its exact gradient', async name => {
    const reference = readReference(name);
    const {layer} = reference.penalty!;
    const plain = await weightsAfterOneStep(name, () => {});
    const penalized = await weightsAfterOneStep(name, model => {
      attachRegularizer(model, new HessianTraceRegularizer({strength: STRENGTH, seed: SEED}), {layers: [layer]});
    });
    const model = await loadReferenceModel(name, reference);
    const direction = tf.tensor1d(firstProbe(model, layer));
    const {gradient} = await quadraticForm(model, referenceBatch(reference), {layer, direction});
    const moved = plain.map((weight, i) => (weight - penalized[i]!) / (LEARNING_RATE * STRENGTH));
    // What is compared is a difference of float32 weights: their rounding, over the step's size, is what is left.
    const rounding = Math.max(...plain.map(Math.abs)) * 2 ** -24 * Math.sqrt(2 * plain.length);
    const norm = Math.hypot(...gradient.dataSync());
    expect(relativeError(moved, gradient.dataSync())).toBeLessThan(1e-5 + rounding / (LEARNING_RATE * STRENGTH * norm));
  });

  it('leaves evaluation as it is, and training after it is detached', async () => {
    const name = 'mlp_tanh';
    const plain = await weightsAfterOneStep(name, () => {});
    const detached = await weightsAfterOneStep(name, model => {
      attachRegularizer(model, new HessianTraceRegularizer({strength: STRENGTH})).detach();
    });
    const weightless = await weightsAfterOneStep(name, model => {
      attachRegularizer(model, new HessianTraceRegularizer({strength: 0}));
    });
    expect(detached).toEqual(plain);
    expect(weightless).toEqual(plain);
    const reference = readReference(name);
    const model = await loadReferenceModel(name, reference);
    const {x, y} = referenceBatch(reference);
    const before = (model.evaluate(x, y) as tf.Scalar).dataSync()[0];
    attachRegularizer(model, new HessianTraceRegularizer({strength: STRENGTH}));
    expect((model.evaluate(x, y) as tf.Scalar).dataSync()[0]).toBe(before);
  });

  it('tells what it adds, which is strength × vᵀHv', async () => {
    const name = 'mlp_tanh';
    const reference = readReference(name);
    const model = await loadReferenceModel(name, reference);
    const {penalty$, layers: attached} = attachRegularizer(
      model,
      new HessianTraceRegularizer({strength: STRENGTH, seed: SEED}),
      {layers: 'middle'},
    );
    expect(attached).toEqual(['d2']);
    const batch = referenceBatch(reference);
    const form = await quadraticForm(model, batch, {layer: 'd2', direction: tf.tensor1d(firstProbe(model, 'd2'))});
    const points: {step: number; total: number; layers: Record<string, number>}[] = [];
    penalty$.subscribe(point => points.push(point));
    await model.trainOnBatch(batch.x, batch.y);
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(points).toHaveLength(1);
    expect(points[0]!.step).toBe(1);
    expect(points[0]!.total).toBe(points[0]!.layers.d2);
    expect(points[0]!.total / (STRENGTH * form.value)).toBeCloseTo(1, 5);
  });

  it('stands in a layer’s configuration beside L2, survives saving, and penalizes that weight', async () => {
    const build = (regularized: boolean) => {
      const model = layers.sequential({
        layers: [
          layers.layers.dense({
            units: 5,
            inputShape: [4],
            activation: 'tanh',
            kernelInitializer: layers.initializers.randomNormal({seed: 1}),
            biasRegularizer: layers.regularizers.l2({l2: 0.1}),
            ...(regularized && {kernelRegularizer: new HessianTraceRegularizer({strength: STRENGTH, seed: SEED})}),
          }),
          layers.layers.dense({
            units: 3,
            activation: 'softmax',
            kernelInitializer: layers.initializers.randomNormal({seed: 2}),
          }),
        ],
      });
      model.compile({optimizer: tf.train.sgd(LEARNING_RATE), loss: 'categoricalCrossentropy'});
      return model;
    };
    const x = tf.randomNormal([8, 4], 0, 1, 'float32', 5);
    const y = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32'), 3).toFloat();
    const plain = build(false);
    await plain.trainOnBatch(x, y);
    const original = build(true);
    let saved: tf.io.ModelArtifacts | undefined;
    await original.save(
      tf.io.withSaveHandler(artifacts => {
        saved = artifacts;
        return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}});
      }),
    );
    const loaded = await layers.loadLayersModel(tf.io.fromMemory(saved!));
    loaded.compile({optimizer: tf.train.sgd(LEARNING_RATE), loss: 'categoricalCrossentropy'});
    await loaded.trainOnBatch(x, y);
    await original.trainOnBatch(x, y);
    expect(weightsOf(loaded)).toEqual(weightsOf(original));

    const kernel = [...probeVector(deriveSeed(deriveSeed(SEED, 1, 'weight 0'), 0), 0, 20, 'rademacher')];
    const untrained = build(false);
    const {gradient} = await quadraticForm(
      untrained,
      {x, y},
      {layer: untrained.layers[0]!.name, direction: [...kernel, 0, 0, 0, 0, 0]},
    );
    const moved = weightsOf(plain).map((weight, i) => (weight - weightsOf(original)[i]!) / (LEARNING_RATE * STRENGTH));
    expect(relativeError(moved, gradient.dataSync())).toBeLessThan(1e-3);
  });

  it('leaves no tensor behind', async () => {
    const reference = readReference('cnn_relu_maxpool');
    const model = await loadReferenceModel('cnn_relu_maxpool', reference);
    const {x, y} = referenceBatch(reference);
    attachRegularizer(model, new HessianTraceRegularizer({strength: STRENGTH, probes: 2}));
    await model.trainOnBatch(x, y);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) await model.trainOnBatch(x, y);
    expect(tf.memory().numTensors).toBe(before);
  });
});
