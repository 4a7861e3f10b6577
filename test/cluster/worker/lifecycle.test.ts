// How a worker ends, as a process with a Redis of its own.
import {fileURLToPath} from 'node:url';
import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../../src/callbacks/hessian-spectrum-callback.js';
import {cluster} from '../../../src/cluster/cluster.js';
import {collect, everyStep, plainModel, smallData, timeless} from '../../callbacks/small-model.js';
import {useEngine} from '../../engines.js';
import {needs} from '../../needs.js';
import {findRedis, noRedis, startRedis, type TestRedis} from '../../redis.js';
import {endWorkers, startWorker, type TestWorker} from '../start-worker.js';

class Slow extends tfl.layers.Layer {
  static className = 'Slow';

  override call(inputs: tf.Tensor | tf.Tensor[]) {
    return [inputs].flat()[0]!.clone();
  }
}

const fitArgs = {epochs: 1, batchSize: 20, shuffle: false, verbose: 0} as const;
const slowModule = fileURLToPath(new URL('../slow.mjs', import.meta.url));
/** Longer than the test. Only what is given back comes before it ends. */
const LONG_LOCK = ['--lock', '600'];

describe('A worker', needs(findRedis() && process.platform !== 'win32', noRedis), () => {
  let redis: TestRedis;
  const workers: TestWorker[] = [];
  beforeAll(async () => {
    await useEngine('native');
    redis = await startRedis();
  });
  afterEach(async () => {
    await endWorkers(workers);
  });
  afterAll(() => redis?.stop());

  const work = (queue: string, milliseconds: number, ...args: string[]) => {
    const all = ['--queue', queue, '--import', slowModule, ...LONG_LOCK, ...args];
    const worker = startWorker(redis.url, all, {SLOW_MS: String(milliseconds)});
    workers.push(worker);
    return worker;
  };
  /** A training of one step, whose sample is that of this thread. */
  const sampleOnce = async (queue: string) => {
    const train = async (background: ReturnType<typeof cluster> | false) => {
      const model = tfl.sequential({layers: [...plainModel().layers, new Slow({})]});
      model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      const curvature = new HessianSpectrumCallback({...everyStep, background});
      const {samples, failures} = collect(curvature);
      const {x, y} = smallData();
      await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
      await curvature.drained();
      curvature.dispose();
      return {samples: samples.map(timeless), failures: failures.map(({error}) => error.message)};
    };
    const found = await train(cluster({connection: redis.url, queue}));
    expect(found.failures).toEqual([]);
    expect(found.samples).toHaveLength(1);
    expect(found).toEqual(await train(false));
  };

  it('finishes the sample at hand after SIGTERM, and ends with 143', async () => {
    const worker = work('finish', 500, '--grace', '600');
    const sample = sampleOnce('finish');
    await worker.said(/at work/);
    worker.child.kill('SIGTERM');
    await sample;
    expect(await worker.ended, worker.output()).toBe(143);
    expect(worker.output()).toMatch(/stopping; samples get 600 s to end\n[\s\S]*sample \w+ taken in/);
    expect(worker.output()).toMatch(/ended; 1 sample taken, 0 failed, 0 at work, memory \d+ MB, up \d+ s\n/);
  });

  it('gives back the sample that does not end within --grace, and another worker takes it', async () => {
    const worker = work('grace', 600_000, '--grace', '1');
    const sample = sampleOnce('grace');
    await worker.said(/at work/);
    worker.child.kill('SIGTERM');
    expect(await worker.ended, worker.output()).toBe(143);
    expect(worker.output()).toMatch(/ended; 0 samples taken, 0 failed, 0 at work/);
    work('grace', 0);
    await sample;
  });

  it('gives back at once after a second signal, of either kind', async () => {
    for (const [first, second, code] of [
      ['SIGTERM', 'SIGTERM', 143],
      ['SIGINT', 'SIGINT', 130],
    ] as const) {
      const queue = `twice-${first}`;
      const worker = work(queue, 600_000, '--grace', '600');
      const sample = sampleOnce(queue);
      await worker.said(/at work/);
      worker.child.kill(first);
      await worker.said(/stopping/);
      worker.child.kill(second);
      expect(await worker.ended, worker.output()).toBe(code);
      expect(worker.output()).toMatch(/samples are given back now\n[\s\S]*ended; 0 samples taken, 0 failed, 0 at work/);
      const other = work(queue, 0);
      await sample;
      other.child.kill('SIGKILL');
    }
  });

  it('begins a new thread after a sample with which it is above --memory, and takes the next one with the same bits', async () => {
    const worker = work('memory', 0, '--memory', '1');
    await sampleOnce('memory');
    await sampleOnce('memory');
    const news = worker.output().match(/memory \d+ MB is above 1\.0 MB; the next sample gets a new thread/g);
    expect(news, worker.output()).toHaveLength(2);
    expect(worker.output().match(/sample \w+ taken/g)).toHaveLength(2);
  });

  it('takes one sample with --once, and leaves the others', async () => {
    const worker = work('once', 0, '--once');
    await sampleOnce('once');
    expect(await worker.ended, worker.output()).toBe(0);
    expect(worker.output()).toMatch(/ended; 1 sample taken/);
    const second = sampleOnce('once');
    work('once', 0);
    await second;
  });
});
