// @module-tag browser
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';
import {
  attachRegularizer,
  EngineError,
  everyBatches,
  HessianSpectrumCallback,
  HessianTraceRegularizer,
  hessian,
  quadraticForm,
} from 'tfjs-hessian';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {useEngine} from './engines.js';

function smallModel() {
  const model = sequential({layers: [layers.dense({units: 2, inputShape: [3], activation: 'tanh'})]});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

const x = () => tf.randomNormal([5, 3], 0, 1, 'float32', 1);
const y = () => tf.randomNormal([5, 2], 0, 1, 'float32', 2);
const refusal = expect.objectContaining({
  constructor: EngineError,
  engine: 'webgl',
  message: expect.stringMatching(/16-bit numbers.*setBackend\('webgpu'\)/s),
});

describe('on a WebGL that computes in half precision', () => {
  beforeAll(async () => {
    await useEngine('webgl');
    tf.env().set('WEBGL_RENDER_FLOAT32_ENABLED', false);
  });
  afterAll(() => tf.env().set('WEBGL_RENDER_FLOAT32_ENABLED', true));

  it.each([
    ['hessian', () => hessian(smallModel(), {x: x(), y: y()})],
    [
      'hessian of a function',
      () => hessian(() => tf.sum(tf.tanh(tf.ones([2]))) as tf.Scalar, [tf.variable(tf.ones([2]))]),
    ],
    ['quadraticForm', () => quadraticForm(smallModel(), {x: x(), y: y()}, {direction: new Float32Array(8).fill(1)})],
  ])('%s is an error that says so', async (_, compute) => {
    await expect(compute()).rejects.toEqual(refusal);
  });

  it('samples are failures, the training goes on, and a penalty fails it', async () => {
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(1)});
    const failures: Error[] = [];
    curvature.failures$.subscribe(({error}) => failures.push(error));
    const model = smallModel();
    const train = () => model.fit(x(), y(), {epochs: 2, batchSize: 5, verbose: 0, callbacks: [curvature]});
    await train();
    expect(failures).toEqual([refusal, refusal]);
    const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 0.1}));
    await expect(train()).rejects.toEqual(refusal);
    detach();
    tf.env().set('WEBGL_RENDER_FLOAT32_ENABLED', true);
    // Nothing of the refused work is left behind.
    const H = await hessian(model, {x: x(), y: y()});
    expect(H.size).toBe(8);
    H.dispose();
    tf.env().set('WEBGL_RENDER_FLOAT32_ENABLED', false);
  });
});
