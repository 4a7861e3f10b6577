import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {engines, useEngine} from '../engines.js';
import {collect, everyStep, smallData, smallModel} from './small-model.js';

describe.each(engines)('Many samples on %s', engine => {
  beforeAll(() => useEngine(engine));

  // bench/soak.ts takes a thousand samples and also measures the memory of the process.
  it('leave the number and the bytes of tensors unchanged', async () => {
    const {x, y} = smallData();
    const model = smallModel();
    const curvature = new HessianSpectrumCallback({...everyStep, steps: 2});
    const {samples, failures} = collect(curvature);
    const train = (epochs: number) => model.fit(x, y, {epochs, batchSize: 5, verbose: 0, callbacks: [curvature]});
    await train(1);
    const before = tf.memory();
    await train(8);
    const after = tf.memory();
    expect([after.numTensors, after.numBytes, after.numDataBuffers]).toEqual([
      before.numTensors,
      before.numBytes,
      before.numDataBuffers,
    ]);
    expect(samples).toHaveLength(36);
    expect(failures).toEqual([]);
  });
});
