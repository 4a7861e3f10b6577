import {hostname} from 'node:os';
import type {Job, Worker} from 'bullmq';
import type {Redis} from 'ioredis';
import {waitAtMost} from '../../wait-at-most.js';
import type {RedisAddress} from '../redis/redis-address.js';
import {connect, faultOf, loadPeers} from '../redis/redis-client.js';
import {HEARTBEAT, KEPT, keysOf, PREFIX} from '../sample-queue.js';
import {SampleServer, type SampleServerArgs, type WorkerHealth} from './sample-server.js';
import type {ServeOperatorsArgs} from './serve-operators.js';
import {serveOperators} from './serve-operators.js';

/** Options of a worker. */
export interface ServeClusterArgs extends SampleServerArgs {
  readonly address: RedisAddress;
  /** Milliseconds after which the samples of a lost worker go to another. */
  readonly lock: number;
}

/** How many events of jobs Redis keeps. */
const EVENTS = 20;

/** How often a sample may lose its worker. Then it fails, since it may be what ends them. */
const LOSSES = 3;

/**
 * Takes samples from a queue until it is stopped, or until it has taken one.
 *
 * @param onHealth called once a minute.
 */
export async function serveCluster(
  args: ServeClusterArgs,
  onHealth: (health: WorkerHealth) => void,
): Promise<WorkerHealth> {
  const peers = await loadPeers();
  const {address} = args;
  const {redis} = connect(peers.Redis, address, {keepsAlive: true, isPatient: true});
  const server = new SampleServer(args, redis, (job, token) => giveBack(job, token, peers.WaitingError));
  const expectEnd = reportConnection(redis, args);
  const worker = new peers.Worker(args.queue, (job, token) => server.serve(job, token ?? ''), {
    connection: redis,
    prefix: PREFIX,
    name: `${hostname()}-${process.pid}`,
    concurrency: args.once ? 1 : args.concurrency,
    lockDuration: args.lock,
    stalledInterval: args.lock,
    maxStalledCount: LOSSES,
    removeOnComplete: {age: KEPT},
    removeOnFail: {age: KEPT},
    autorun: false,
    // A lost connection is tried again soon.
    runRetryDelay: 1_000,
  });
  // Those of the connection are reported already.
  worker.on('error', () => {});
  const beat = () => void heartbeat(redis, args.queue, worker.id).catch(() => {});
  const beats = setInterval(beat, 1000 * HEARTBEAT);
  // At once, too, when it has a connection.
  redis.once('ready', beat);
  const healths = setInterval(() => onHealth(server.health), 60_000);
  beat();
  worker.on('completed', job => void server.removeUnwanted(job));
  const products = args.once ? null : serveOperators(operatorArgs(args, redis, peers.Redis));
  products?.catch(() => {});
  const running = worker.run();
  running.catch(() => {});
  await server.untilStopped(worker);
  clearInterval(beats);
  clearInterval(healths);
  expectEnd();
  // Redis may be gone.
  await waitAtMost(2_000, products ?? Promise.resolve());
  await close(worker, redis, args.queue, server);
  return server.health;
}

function operatorArgs(args: ServeClusterArgs, redis: Redis, Client: typeof Redis): ServeOperatorsArgs {
  const {address, queue, imports, maxBytes, memory, lock, signal, say} = args;
  return {
    ...{redis, queue, imports, maxBytes, lock, signal, say},
    connect: () => connect(Client, address, {keepsAlive: false, isPatient: true}).redis,
    // The rest is for samples, vectors and batches.
    memory: memory / 2,
  };
}

/** Puts a sample back into the queue, from which another worker takes it at once. */
async function giveBack(job: Job, token: string, Waiting: new () => Error): Promise<never> {
  await job.moveToWait(token);
  throw new Waiting();
}

/** @returns a function after which the end of the connection is no news. */
function reportConnection(redis: Redis, {address, say, signal}: ServeClusterArgs): () => void {
  let [isLost, isOver] = [false, false];
  redis.on('error', error => {
    if (isLost) return;
    isLost = true;
    say(`Redis at ${address.shown} does not answer (${faultOf(error, address)}); trying again until it does`);
  });
  redis.on('close', () => {
    if (isLost || isOver || signal.aborted) return;
    isLost = true;
    say(`Redis at ${address.shown} has closed the connection; trying again until it answers`);
  });
  redis.on('ready', () => {
    say(isLost ? `Redis at ${address.shown} answers again` : `ready at ${address.shown}`);
    isLost = false;
  });
  return () => {
    isOver = true;
  };
}

/** Says in Redis that the worker is there, by the clock of Redis. */
async function heartbeat(redis: Redis, queue: string, id: string): Promise<void> {
  if (redis.status !== 'ready') return;
  const {workers, meta} = keysOf(queue);
  const [now] = await redis.time();
  // BullMQ tells of each job in a stream, with its answer, and nobody reads it.
  await redis.hset(meta, 'opts.maxLenEvents', EVENTS);
  await redis.zadd(workers, Number(now), id);
  await redis.zremrangebyscore(workers, '-inf', Number(now) - KEPT);
}

async function close(worker: Worker, redis: Redis, queue: string, {health}: SampleServer): Promise<void> {
  if (redis.status === 'ready') await redis.zrem(keysOf(queue).workers, worker.id).catch(() => {});
  // A sample that was not given back is taken by another worker when its lock ends.
  await worker.close(health.atWork > 0 || redis.status !== 'ready');
  redis.disconnect();
}
