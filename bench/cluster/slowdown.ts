import os from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import {CustomCallback} from '@tensorflow/tfjs-layers';
import {everyBatches, HessianSpectrumCallback} from 'tfjs-hessian';
import {cluster} from 'tfjs-hessian/cluster';
import type {TestRedis} from '../../test/redis.js';
import {paired, timed} from '../harness/paired.js';
import {batch, network} from './network.js';
import {redisState} from './redis-traffic.js';
import {show} from './show.js';
import {pin, type WorkerPool} from './worker-pool.js';

const STEPS = 200;
const BATCH = 64;

/** How much a training on some cores is slowed down while a worker on others takes its samples. */
export async function measureSlowdown({url}: TestRedis, pool: WorkerPool, rounds: number): Promise<string[]> {
  const cores = os.availableParallelism();
  if (cores < 2 || process.platform !== 'linux') return ['needs two cores and the taskset of Linux'];
  // Where there are only two cores, Redis has a share of both.
  const [training, elsewhere] = cores < 4 ? (['0', '1'] as const) : (['0-1', `2-${cores - 1}`] as const);
  await pool.start('slowdown', 1, () => elsewhere);
  if (cores >= 4) pin((await redisState(url)).pid, elsewhere);
  pin(process.pid, training);
  const model = network(256);
  const {x, y} = batch(1, STEPS * BATCH);
  const curvature = new HessianSpectrumCallback({
    steps: 8,
    probes: 1,
    schedule: everyBatches(STEPS / 2),
    background: cluster({connection: url, queue: 'slowdown', waitAtEnd: 0}),
  });
  curvature.failures$.subscribe(({error}) => console.error(error.message));
  let samples = 0;
  curvature.samples$.subscribe(() => samples++);
  const epoch = (callback: () => object) =>
    timed(async () => {
      await model.fit(x, y, {
        epochs: 1,
        batchSize: BATCH,
        shuffle: false,
        verbose: 0,
        callbacks: [callback() as never],
      });
    });
  const sampled = epoch(() => curvature);
  try {
    const {times, ratios} = await paired(
      epoch(() => new CustomCallback({})),
      {
        // The samples that a worker still takes must not slow down the plain epoch after it.
        sampled: async () => {
          const time = await sampled();
          await curvature.drained();
          return time;
        },
      },
      {budget: 120_000, atLeast: rounds, atMost: rounds},
    );
    return [
      `epochs of ${STEPS} steps, the training on cores ${training}, the worker on ${elsewhere}, ${samples} samples in ${rounds + 1} epochs, ${rounds} rounds:`,
      `  plain ${show(times.baseline!, 0)} ms, sampled ${show(times.sampled!, 0)} ms; sampled / plain ${show(ratios.sampled!, 3)} (goal: at most 1.03)`,
    ];
  } finally {
    curvature.dispose();
    tf.dispose([x, y]);
    model.dispose();
    pin(process.pid, `0-${cores - 1}`);
  }
}
