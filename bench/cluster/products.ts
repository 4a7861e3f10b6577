import * as tf from '@tensorflow/tfjs-core';
import {type CurvatureOperator, hessian} from 'tfjs-hessian';
import {type Cluster, cluster} from 'tfjs-hessian/cluster';
import type {TestRedis} from '../../test/redis.js';
import {paired, timed} from '../harness/paired.js';
import {batch, network, ROWS} from './network.js';
import {megabytes, show} from './show.js';
import {type WorkerPool, workerCounts} from './worker-pool.js';

const BATCHES = 8;

/** Units of the network's layers, and rows of a batch. */
const CASES = [
  [32, ROWS],
  [256, ROWS],
  [256, 32 * ROWS],
] as const;

/** Products over a data set with one worker, with several, and in this process; their bits are compared. */
export async function measureProducts({url}: TestRedis, pool: WorkerPool, rounds: number): Promise<string[]> {
  const lines: string[] = [];
  const counts = workerCounts();
  for (const [units, rows] of CASES) {
    const model = network(units);
    const batches = Array.from({length: BATCHES}, (_, i) => batch(i + 1, rows));
    const operators: CurvatureOperator[] = [await hessian(model, batches)];
    const clusters: Cluster[] = [];
    for (const count of counts) {
      const queue = `products-${units}-${rows}-${count}`;
      await pool.start(queue, count);
      const on = cluster({connection: url, queue});
      clusters.push(on);
      operators.push(await hessian(model, batches, {on}));
    }
    const v = tf.randomNormal<tf.Rank.R1>([operators[0]!.size], 0, 1, 'float32', 1);
    let expected: string | null = null;
    const product = (H: CurvatureOperator) =>
      timed(async () => {
        const result = await H.multiplyInParts(v, async () => {});
        const bits = Buffer.from((await result.data()).slice().buffer).toString('latin1');
        result.dispose();
        expected ??= bits;
        if (bits !== expected) throw new Error('The bits of two products differ.');
      });
    const before = clusters.map(({traffic}) => traffic);
    let products = 0;
    const [local, ...remote] = operators.map(product);
    const name = (count: number) => (count === 1 ? '1 worker' : `${count} workers`);
    const {times, between} = await paired(
      local!,
      Object.fromEntries(
        remote.map((run, i) => [
          name(counts[i]!),
          () => {
            if (i === 0) products++;
            return run();
          },
        ]),
      ),
      {budget: 60_000, atLeast: rounds, atMost: rounds},
    );
    lines.push(
      `${v.size.toLocaleString('en')} parameters, ${BATCHES} batches of ${rows} rows, ${rounds} rounds, the same bits; milliseconds, median [quartiles]:`,
      `  here ${show(times.baseline!, 0)}`,
      ...counts.map(
        count =>
          `  ${name(count)} ${show(times[name(count)]!, 0)}; of one worker's time ${show(between(name(count), name(1)))}`,
      ),
    );
    for (const [i, {traffic}] of clusters.entries()) {
      const [written, read] = [traffic.written - before[i]!.written, traffic.read - before[i]!.read];
      lines.push(
        `  ${name(counts[i]!)}: ${megabytes(written / products)} written and ${megabytes(read / products)} read by all for a product`,
      );
    }
    for (const H of operators) H.dispose();
    tf.dispose([v, ...batches.flatMap(({x, y}) => [x, y])]);
    model.dispose();
    await pool.end();
  }
  return lines;
}
