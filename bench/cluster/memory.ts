import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {HessianSpectrumCallback} from 'tfjs-hessian';
import {cluster} from 'tfjs-hessian/cluster';
import type {TestRedis} from '../../test/redis.js';
import {batch, network} from './network.js';
import {redisState} from './redis-traffic.js';
import {megabytes} from './show.js';
import type {WorkerPool} from './worker-pool.js';

/** The memory of the training, of the worker and of Redis after a tenth of the samples, and after all of them. */
export async function measureMemory({url}: TestRedis, pool: WorkerPool, samples: number): Promise<string[]> {
  const [worker] = await pool.start('memory', 1);
  const model = network(32);
  const {x, y} = batch(1);
  const curvature = new HessianSpectrumCallback({
    steps: 4,
    probes: 1,
    traceProbes: 2,
    background: cluster({connection: url, queue: 'memory'}),
  });
  curvature.failures$.subscribe(({error}) => console.error(error.message));
  let taken = 0;
  curvature.samples$.subscribe(() => taken++);
  const state = async () => ({
    training: process.memoryUsage.rss(),
    worker: residentBytes(worker!.child.pid!),
    redis: (await redisState(url)).memory,
    tensors: tf.memory().numTensors,
  });
  const states: Awaited<ReturnType<typeof state>>[] = [];
  curvature.bind(model);
  for (const until of [Math.ceil(samples / 10), samples]) {
    while (taken < until) {
      await model.trainOnBatch(x, y);
      await curvature.sample();
      await curvature.drained();
    }
    states.push(await state());
  }
  curvature.unbind();
  curvature.dispose();
  tf.dispose([x, y]);
  model.dispose();
  const [first, last] = states as [(typeof states)[0], (typeof states)[0]];
  const grown = (name: 'training' | 'worker' | 'redis') => `${megabytes(first[name])} → ${megabytes(last[name])}`;
  return [
    `after ${Math.ceil(samples / 10)} samples → after ${samples}:`,
    `  training ${grown('training')}, worker ${grown('worker')}, Redis ${grown('redis')}, tensors ${first.tensors} → ${last.tensors}`,
  ];
}

/** Of a process of this machine; Linux says it in pages of 4 KB. */
function residentBytes(pid: number): number {
  try {
    return 4096 * Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  } catch {
    return Number.NaN;
  }
}
