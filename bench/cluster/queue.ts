import * as tf from '@tensorflow/tfjs-core';
import {HessianSpectrumCallback} from 'tfjs-hessian';
import {cluster} from 'tfjs-hessian/cluster';
import type {TestRedis} from '../../test/redis.js';
import {type Contestant, paired, timed} from '../harness/paired.js';
import {batch, network} from './network.js';
import {redisState} from './redis-traffic.js';
import {megabytes, show} from './show.js';
import {type WorkerPool, workerCounts} from './worker-pool.js';

const SAMPLES = 8;

/** A queue of samples, taken by one worker and by several. */
export async function measureQueue({url}: TestRedis, pool: WorkerPool, rounds: number): Promise<string[]> {
  const model = network(64);
  const {x, y} = batch(1);
  const callbacks: HessianSpectrumCallback[] = [];
  const queueOf = async (workers: number) => {
    const queue = `queue-${workers}`;
    await pool.start(queue, workers);
    const curvature = new HessianSpectrumCallback({steps: 8, probes: 1, background: cluster({connection: url, queue})});
    curvature.failures$.subscribe(({error}) => console.error(error.message));
    callbacks.push(curvature);
    return timed(async () => {
      curvature.bind(model);
      for (let i = 0; i < SAMPLES; i++) {
        await model.trainOnBatch(x, y);
        void curvature.sample();
      }
      await curvature.drained();
      curvature.unbind();
    });
  };
  const queues: [number, Contestant][] = [];
  for (const workers of workerCounts()) queues.push([workers, await queueOf(workers)]);
  const before = await redisState(url);
  let fills = 0;
  const counted = (run: () => Promise<number>) => () => {
    fills++;
    return run();
  };
  const [[, one], ...several] = queues as [(typeof queues)[0], ...typeof queues];
  const {times, ratios} = await paired(
    counted(one),
    Object.fromEntries(several.map(([workers, run]) => [`${workers} workers`, counted(run)])),
    {budget: 60_000, atLeast: rounds, atMost: rounds},
  );
  const after = await redisState(url);
  for (const callback of callbacks) callback.dispose();
  const parameters = model.countParams();
  tf.dispose([x, y]);
  model.dispose();
  const perSample = (bytes: number) => megabytes(bytes / (fills * SAMPLES));
  return [
    `${SAMPLES} samples of ${parameters.toLocaleString('en')} parameters, ${rounds} rounds; milliseconds, median [quartiles]:`,
    `  one worker ${show(times.baseline!, 0)}`,
    ...Object.keys(ratios).map(
      name => `  ${name} ${show(times[name]!, 0)}; of one worker's time ${show(ratios[name]!)}`,
    ),
    `  Redis received ${perSample(after.received - before.received)} and sent ${perSample(after.sent - before.sent)} for a sample, with all that the queue says`,
  ];
}
