import {hostname} from 'node:os';
import {check} from '../../arguments/check.js';
import {redisUrl} from '../../cluster/redis/redis-address.js';
import {assertPeers} from '../../cluster/redis/redis-client.js';
import {megabytes, queueName} from '../../cluster/sample-queue.js';
import type {WorkerHealth} from '../../cluster/worker/sample-server.js';
import type {ServeClusterArgs} from '../../cluster/worker/serve-cluster.js';
import {serveCluster} from '../../cluster/worker/serve-cluster.js';
import {checkModules} from '../../engine/import-module.js';
import {loadTensorFlow} from '../../engine/load.js';
import {untilSignal} from '../terminal/stoppable.js';
import {asUsage} from '../usage-error.js';

/** The options of `worker`, in bytes and milliseconds. */
export interface RunWorkerArgs extends Omit<ServeClusterArgs, 'address' | 'signal' | 'hurry' | 'say'> {
  readonly redis: string | undefined;
}

/** Takes samples until it is stopped. All inputs are checked before it connects. */
export async function runWorker({redis, ...args}: RunWorkerArgs): Promise<void> {
  const address = asUsage(() => redisUrl('--redis', redis));
  asUsage(() => check('--queue', queueName(), args.queue));
  assertPeers('A worker');
  checkModules(args.imports);
  const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
  say(
    `worker ${hostname()}-${process.pid} on ${address.shown}, queue ${args.queue}, ${count(args.concurrency, 'thread')}`,
  );
  await keepEngine();
  const hurry = new AbortController();
  hurry.signal.addEventListener('abort', () => say('samples are given back now'));
  await untilSignal(async signal => {
    signal.addEventListener('abort', () => say(`stopping; samples get ${args.grace / 1000} s to end`));
    const served = {...args, address, signal, hurry: hurry.signal, say};
    say(`ended; ${healthLine(await serveCluster(served, health => say(healthLine(health))))}`);
  }, hurry);
}

/**
 * Loads the engine on this thread too. Node unloads the library of an addon with the last thread that has it, and the library's own
 * work at the end of the process would then crash.
 */
async function keepEngine(): Promise<void> {
  await loadTensorFlow({warn: () => {}}).catch(() => {
    // A sample reports what is missing.
  });
}

function healthLine({taken, failed, atWork, bytes}: WorkerHealth): string {
  return `${count(taken, 'sample')} taken, ${failed} failed, ${atWork} at work, memory ${megabytes(bytes)}, up ${Math.round(process.uptime())} s`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
