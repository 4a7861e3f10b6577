import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {hessian} from '../../src/operators/hessian.js';
import {engines, useEngine} from '../engines.js';
import {buildSample} from './layer-samples.js';
import {untrainableSamples} from './untrainable-samples.js';

describe.each(engines)('on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(untrainableSamples)('TensorFlow.js does not train $name, and there is no Hessian of it', async sample => {
    const batch = {x: tf.ones([3, ...sample.inputShape]), y: tf.ones([3, 2])};
    await expect(async () => buildSample(sample).trainOnBatch(batch.x, batch.y)).rejects.toThrow();
    // Some are refused where they are built.
    const error = await (async () => hessian(buildSample(sample), batch))().then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    // Where a gradient is missing, it is said whose limit that is.
    if (/gradient/i.test(error!.message)) expect(error!.message).toMatch(/^TensorFlow\.js itself cannot train this/);
  });
});
