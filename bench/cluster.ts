// What a cluster is worth and what it costs, on the loopback of this machine: a Redis and workers of its own, all in one run. Only ratios within
// one run say something, and on a machine that does other things not much. Workers have cores of their own only where there are two for each of them
// and two more.
//
//   npx tsx bench/cluster.ts                            some minutes
//   npx tsx bench/cluster.ts --only products,queue      parts: products, queue, slowdown, memory
//   npx tsx bench/cluster.ts --rounds 10 --samples 1000
import os from 'node:os';
import {parseArgs} from 'node:util';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {startRedis} from '../test/redis.js';
import {measureMemory} from './cluster/memory.js';
import {measureProducts} from './cluster/products.js';
import {measureQueue} from './cluster/queue.js';
import {measureSlowdown} from './cluster/slowdown.js';
import {WorkerPool} from './cluster/worker-pool.js';
import {describeMachine, watchLoad} from './harness/machine.js';

const {values} = parseArgs({
  options: {
    only: {type: 'string', default: 'products,queue,slowdown,memory'},
    /** Of each comparison. */
    rounds: {type: 'string', default: '3'},
    /** Of the part about memory. */
    samples: {type: 'string', default: '100'},
  },
});
const rounds = Number(values.rounds);
const parts = {
  products: () => measureProducts(redis, pool, rounds),
  queue: () => measureQueue(redis, pool, rounds),
  slowdown: () => measureSlowdown(redis, pool, rounds),
  memory: () => measureMemory(redis, pool, Number(values.samples)),
};

const {engine} = await loadTensorFlow({prefer: 'native'});
const {processor, cores, engine: shown, node} = describeMachine(engine);
const load = watchLoad();
console.log(`${processor}, ${cores} cores, ${shown}, Node ${node}, load ${os.loadavg()[0]!.toFixed(1)}`);
const redis = await startRedis();
const pool = new WorkerPool(redis.url);
try {
  for (const part of values.only.split(',')) {
    const measure = parts[part as keyof typeof parts];
    if (measure === undefined)
      throw new Error(`There is no part "${part}"; there are ${Object.keys(parts).join(', ')}.`);
    console.log(`\n${part}`);
    for (const line of await measure()) console.log(`  ${line}`);
    await pool.end();
  }
} finally {
  await pool.end();
  await redis.stop();
}
const {others} = load(0);
console.log(
  `\nOthers, with Redis and the workers, took ${others === null ? '?' : Math.round(100 * others)} % of all cores. Load at the end: ${os.loadavg()[0]!.toFixed(1)}.`,
);
