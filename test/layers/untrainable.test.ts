import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {TfjsHessianError} from '../../src/errors.js';
import {hessian} from '../../src/operators/hessian.js';
import {engines, useEngine} from '../engines.js';
import {buildSample} from './layer-samples.js';
import {untrainableSamples} from './untrainable-samples.js';

describe.each(engines)('on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(untrainableSamples)('TensorFlow.js does not train $name, and there is no Hessian of it', async sample => {
    const batch = {x: tf.ones([3, ...sample.inputShape]), y: tf.ones([3, 2])};
    await expect(async () => buildSample(sample).trainOnBatch(batch.x, batch.y)).rejects.toThrow();
    let model: LayersModel;
    try {
      model = buildSample(sample);
    } catch {
      // Some are refused where they are built.
      return;
    }
    const error = await hessian(model, batch).then(
      () => null,
      (thrown: Error) => thrown,
    );
    // It is said whose limit that is.
    expect(error).toBeInstanceOf(TfjsHessianError);
    expect(error!.message).toMatch(/^TensorFlow\.js (itself cannot train (this \(layer|layer)|cannot run layer) "/);
  });
});
