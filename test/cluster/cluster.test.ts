import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {inspect, promisify} from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {type ClusterArgs, cluster} from '../../src/cluster/cluster.js';
import {ClusterError} from '../../src/errors.js';
import {collect, everyStep, plainModel, smallData, smallModel, timeless} from '../callbacks/small-model.js';
import {tsx} from '../engine/run-source.js';
import {useEngine} from '../engines.js';
import {needs} from '../needs.js';
import {findRedis, noRedis, startRedis, type TestRedis} from '../redis.js';
import {endWorkers, startWorker, type TestWorker} from './start-worker.js';

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
    await endWorkers(workers);
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
    await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(failures).toEqual([]);
    const {samples: wanted, weights} = await expected();
    expect(samples.map(timeless)).toEqual(wanted);
    expect(model.getWeights().map(weight => weight.dataSync())).toEqual(weights);
    // The optimizer has its state now.
    const tensors = tf.memory().numTensors;
    await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('a killed worker and a killed Redis lose no sample, and none comes twice', async () => {
    const doomed = work('killed', '--lock', '2');
    const {curvature, samples, failures} = observe('killed');
    const {x, y} = smallData();
    const training = smallModel().fit(x, y, {...fitArgs, callbacks: [curvature]});
    await doomed.said(/taken in/);
    doomed.child.kill('SIGKILL');
    await redis.kill();
    await redis.start();
    work('killed', '--lock', '2');
    await training;
    await curvature.drained();
    expect(failures).toEqual([]);
    expect(samples.map(timeless)).toEqual((await expected()).samples);
  });

  it('samples come after the end of a fit that waits no longer, and the next fit has other probes', async () => {
    const {curvature, samples, failures} = observe('late', {waitAtEnd: 0});
    const {x, y} = smallData();
    const model = smallModel();
    let isComplete = false;
    curvature.runs$.subscribe(run => run.subscribe({complete: () => (isComplete = true)}));
    await model.fit(x, y, {...fitArgs, epochs: 1, callbacks: [curvature]});
    expect([samples.length, isComplete]).toEqual([0, false]);
    await model.fit(x, y, {...fitArgs, epochs: 1, callbacks: [curvature]});
    work('late');
    await curvature.drained();
    expect(failures).toEqual([]);
    const steps = samples.map(({fit, step}) => [fit, step]);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6].map(step => [step > 3 ? 1 : 0, step]));
    expect(isComplete).toBe(true);
    expect(curvature.state()).toMatchObject({samples: 6, index: 3});
  });

  it('Redis that is gone fails the samples, without its password, and the training is the same', async () => {
    const lost = await startRedis({password: 'hidden-word'});
    await lost.kill();
    const curvature = new HessianSpectrumCallback({
      ...everyStep,
      background: cluster({connection: lost.url, redisTimeout: 300}),
    });
    const {samples, failures} = collect(curvature);
    const {x, y} = smallData();
    const model = smallModel();
    await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(samples).toEqual([]);
    expect(failures).toHaveLength(6);
    for (const {error} of failures) {
      expect(error).toBeInstanceOf(ClusterError);
      expect(error.message).toMatch(/^Redis at redis:\/\/127\.0\.0\.1:\d+ has not answered for 0\.3 s \(.+\); check/);
      expect(inspect(error)).not.toContain('hidden-word');
    }
    await lost.start();
    startAndKeep(lost.url);
    const again = async () => {
      await model.fit(x, y, {...fitArgs, epochs: 1, callbacks: [curvature]});
      return samples.length;
    };
    await expect.poll(again, {timeout: 60_000}).toBeGreaterThan(0);
    curvature.dispose();
    await lost.stop();
  });

  it('a worker that does not know a layer says how to import it, and ends well after its one sample', async () => {
    class Doubling extends tfl.layers.Layer {
      static className = 'Doubling';

      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return tf.mul([inputs].flat()[0]!, 2);
      }
    }
    const model = plainModel();
    const doubled = tfl.sequential({layers: [...model.layers, new Doubling({})]});
    doubled.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const {x, y} = smallData();
    const {curvature, samples, failures} = observe('own');
    const ignorant = work('own', '--once');
    await doubled.fit(x, y, {...fitArgs, epochs: 1, batchSize: 20, callbacks: [curvature]});
    expect(failures.map(({error}) => error.message)).toEqual([
      expect.stringMatching(/^The model has the layer Doubling, .* start the worker with --import file\.mjs/),
    ]);
    // The engine was loaded in a thread that is gone.
    expect(await ignorant.ended, ignorant.output()).toBe(0);
    const informed = work('own', '--once', '--import', fileURLToPath(new URL('doubling.mjs', import.meta.url)));
    await doubled.fit(x, y, {...fitArgs, epochs: 1, batchSize: 20, callbacks: [curvature]});
    expect(await informed.ended, informed.output()).toBe(0);
    expect(failures).toHaveLength(1);
    expect(samples).toHaveLength(1);
  });

  it('keeps a process alive until its samples have come, and no longer', async () => {
    work('kill', '--concurrency', '2');
    const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-cluster-'));
    const script = fileURLToPath(new URL('train-on-cluster.ts', import.meta.url));
    const {stdout} = await promisify(execFile)(process.execPath, ['--import', tsx, script, redis.url, folder, '5']);
    expect(stdout.trim().split('\n').at(-1)).toBe('done');
    expect(readFileSync(join(folder, 'run.ndjson'), 'utf8').match(/"step":/g)!.length).toBeGreaterThanOrEqual(5);
    rmSync(folder, {recursive: true});
  });

  const startAndKeep = (url: string, ...args: string[]) => workers.push(startWorker(url, args));
});
