import * as tf from '@tensorflow/tfjs-core';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {type ClusterArgs, cluster} from '../../src/cluster/cluster.js';
import {collect, everyStep, smallData, smallModel, timeless} from '../callbacks/small-model.js';
import {useEngine} from '../engines.js';
import {needs} from '../needs.js';
import {findRedis, noRedis, startRedis, type TestRedis} from '../redis.js';
import {startWorker, type TestWorker} from './start-worker.js';

const fitArgs = {epochs: 2, batchSize: 8, shuffle: false, verbose: 0} as const;

describe('With a cluster', needs(findRedis(), noRedis), () => {
  let redis: TestRedis;
  const workers: TestWorker[] = [];
  const callbacks: HessianSpectrumCallback[] = [];
  beforeAll(async () => {
    await useEngine('native');
    redis = await startRedis({persists: true});
  });
  afterEach(async () => {
    for (const {child} of workers) child.kill('SIGKILL');
    await Promise.all(workers.splice(0).map(({ended}) => ended));
    for (const callback of callbacks.splice(0)) callback.dispose();
  });
  afterAll(() => redis?.stop());

  const work = (queue: string, ...args: string[]) => {
    const worker = startWorker(redis.url, ['--queue', queue, ...args]);
    workers.push(worker);
    return worker;
  };
  const observe = (queue: string, args: ClusterArgs = {}) => {
    const curvature = new HessianSpectrumCallback({
      ...everyStep,
      background: cluster({connection: redis.url, queue, ...args}),
    });
    callbacks.push(curvature);
    return {curvature, ...collect(curvature)};
  };
  /** The samples of a training on this thread. */
  const expected = async () => {
    const foreground = new HessianSpectrumCallback(everyStep);
    const {samples} = collect(foreground);
    const {x, y} = smallData();
    const model = smallModel();
    await model.fit(x, y, {...fitArgs, callbacks: [foreground]});
    foreground.dispose();
    return {samples: samples.map(timeless), weights: model.getWeights().map(weight => weight.dataSync())};
  };

  it('the samples are bit for bit those of this thread, in order, and the training is the same', async () => {
    work('same');
    const {curvature, samples, failures} = observe('same');
    const model = smallModel();
    const {x, y} = smallData();
    const tensors = tf.memory().numTensors;
    await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(tf.memory().numTensors - tensors).toBeLessThan(20);
    expect(failures).toEqual([]);
    const {samples: wanted, weights} = await expected();
    expect(samples.map(timeless)).toEqual(wanted);
    expect(model.getWeights().map(weight => weight.dataSync())).toEqual(weights);
  });
});
