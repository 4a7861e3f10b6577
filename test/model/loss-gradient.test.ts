import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {weightedLayers} from '../../src/model/layers/weighted-layers.js';
import {lossGradient} from '../../src/model/loss-gradient.js';
import {hessian} from '../../src/operators/hessian.js';
import {collectWarnings} from '../collect-warnings.js';
import {engines, useEngine} from '../engines.js';
import {modelWith, random, SlopeLayer, WrittenSlopeLayer} from '../own-gradients.js';
import {relativeError} from '../references.js';

const batchOf = () => ({x: random([6, 3], 11), y: random([6, 2], 12)});
const gradientOf = (model: LayersModel, regularizers = false) =>
  lossGradient(model, weightedLayers(model), batchOf(), {seed: 1, regularizers});

function penalizedModel(): LayersModel {
  const kernelRegularizer = tfl.regularizers.l2({l2: 0.3});
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 4, inputShape: [3], activation: 'tanh', kernelRegularizer}),
      tfl.layers.dropout({rate: 0.4}),
      tfl.layers.dense({units: 2, kernelRegularizer}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

describe.each(engines)('The gradient of a loss on %s', engine => {
  beforeAll(() => useEngine(engine));
  const warnings = collectWarnings();

  it.each([false, true])('is that of the Hessian of the same loss, with regularizers: %s', async regularizers => {
    const model = penalizedModel();
    const H = await hessian(model, batchOf(), {seed: 1, regularizers});
    const error = tf.tidy(() => relativeError(gradientOf(model, regularizers).dataSync(), H.gradient().dataSync()));
    // The same kernels on the same numbers.
    expect(error).toBeLessThan(1e-6);
    H.dispose();
  });

  it('with regularizers is longer by the penalties’ own gradient, 2 λ w for each kernel', () => {
    const model = penalizedModel();
    tf.tidy(() => {
      const difference = tf.sub(gradientOf(model, true), gradientOf(model));
      const [first, bias, last, lastBias] = model.getWeights() as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const parts = [tf.mul(first, 0.6), tf.zerosLike(bias), tf.mul(last, 0.6), tf.zerosLike(lastBias)];
      const expected = tf.concat(parts.map(part => tf.reshape(part, [-1])));
      // A difference of float32 numbers.
      expect(relativeError(difference.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
    });
  });

  it('that takes a gradient itself is the derivative, as of the same loss written out', () => {
    const [nested, written] = [modelWith(new SlopeLayer({})), modelWith(new WrittenSlopeLayer({}))];
    tf.tidy(() => {
      const error = relativeError(gradientOf(nested).dataSync(), gradientOf(written).dataSync());
      expect(error).toBeLessThan(1e-5);
    });
    // `hessian` says that TensorFlow.js trains by something else.
    expect(warnings).toEqual([]);
  });

  it('leaves the model and its random numbers as they were, and no tensors but itself', () => {
    const model = penalizedModel();
    const batch = batchOf();
    const before = model.getWeights().map(weight => [...weight.dataSync()]);
    const tensors = tf.memory().numTensors;
    for (const regularizers of [false, true]) {
      tf.tidy(() => {
        lossGradient(model, weightedLayers(model), batch, {seed: 1, regularizers});
        expect(tf.memory().numTensors).toBe(tensors + 1);
      });
    }
    expect(tf.memory().numTensors).toBe(tensors);
    expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before);
  });
});
