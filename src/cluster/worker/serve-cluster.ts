import {hostname} from 'node:os';
import type {Job, Worker} from 'bullmq';
import type {Redis} from 'ioredis';
import type {SampleAnswer, SampleError} from '../../callbacks/background/messages.js';
import {toError} from '../../streams/shielded.js';
import {waitAtMost} from '../../wait-at-most.js';
import {packAnswer} from '../answer-message.js';
import type {RedisAddress} from '../redis/redis-address.js';
import {assertPeers, connect, faultOf, loadPeers} from '../redis/redis-client.js';
import type {ReportAnswer} from '../reports/report-messages.js';
import {HEARTBEAT, KEPT, keysOf, megabytes, PREFIX} from '../sample-queue.js';
import {readRequest} from './read-request.js';
import {SampleThread} from './sample-thread.js';
import type {ServeOperatorsArgs} from './serve-operators.js';
import {serveOperators} from './serve-operators.js';
import {wayOut} from './way-out.js';

/** Options of a worker. */
export interface ServeClusterArgs {
  readonly address: RedisAddress;
  readonly queue: string;
  /** How many samples are taken at once, each in a thread of its own. */
  readonly concurrency: number;
  /** Modules of the user with custom classes. */
  readonly imports: readonly string[];
  /** Whether it ends after one sample. */
  readonly once: boolean;
  /** The largest sample in bytes. */
  readonly maxBytes: number;
  /** Bytes of memory above which threads are replaced by new ones. */
  readonly memory: number;
  /** Milliseconds after which the samples of a lost worker go to another. */
  readonly lock: number;
  /** Milliseconds that samples get to end when the worker is stopped; then they are given back. */
  readonly grace: number;
  /** Stops the worker. */
  readonly signal: AbortSignal;
  /** Ends the time of grace. */
  readonly hurry: AbortSignal;
  /** Takes a line about a sample, or about the connection. */
  readonly say: (line: string) => void;
}

/** What a worker is doing. */
export interface WorkerHealth {
  readonly taken: number;
  readonly failed: number;
  readonly atWork: number;
  readonly bytes: number;
}

/** Milliseconds that Redis gets to take samples back. */
const GIVING_BACK = 2_000;

/** How many events of jobs Redis keeps. */
const EVENTS = 20;

/** How often a sample may lose its worker. Then it fails, since it may be what ends them. */
const LOSSES = 3;

/**
 * Takes samples from a queue until it is stopped, or until it has taken one.
 *
 * @param onHealth called once a minute.
 * @throws InvalidArgumentError if BullMQ or ioredis is not installed.
 */
export async function serveCluster(
  args: ServeClusterArgs,
  onHealth: (health: WorkerHealth) => void,
): Promise<WorkerHealth> {
  assertPeers('A worker');
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

class SampleServer {
  private readonly free: SampleThread[];
  private readonly all: readonly SampleThread[];
  private taken = 0;
  private failed = 0;
  private atWork = 0;
  private isGivingBack = false;
  private readonly atHand = new Set<Promise<string>>();
  private done: () => void = () => {};
  private readonly one = new Promise<void>(resolve => {
    this.done = resolve;
  });

  constructor(
    private readonly args: ServeClusterArgs,
    private readonly redis: Redis,
    private readonly giveBack: (job: Job, token: string) => Promise<never>,
  ) {
    this.all = Array.from({length: args.concurrency}, () => new SampleThread(args.imports));
    this.free = [...this.all];
  }

  get health(): WorkerHealth {
    const {taken, failed, atWork} = this;
    return {taken, failed, atWork, bytes: process.memoryUsage.rss()};
  }

  /** Takes a sample, or gives it back. An error of the sample is an answer too. */
  async serve(job: Job, token: string): Promise<string> {
    const work = this.take(job, token);
    this.atHand.add(work);
    try {
      return await work;
    } finally {
      this.atHand.delete(work);
    }
  }

  private async take(job: Job, token: string): Promise<string> {
    // After its one sample, or its end, a worker takes no more.
    if (this.isGivingBack || (this.args.once && this.taken + this.atWork > 0)) return this.giveBack(job, token);
    const thread = this.free.pop()!;
    this.atWork++;
    const began = performance.now();
    try {
      const answer = await this.answer(job, thread);
      if (this.isGivingBack) return await this.giveBack(job, token);
      this.count(job, answer, (performance.now() - began) / 1000);
      return packAnswer(answer);
    } finally {
      this.atWork--;
      this.boundMemory(thread);
      this.free.push(thread);
      if (this.taken > 0) this.done();
    }
  }

  /** Resolves when the worker is to end: after a signal and a time of grace, or after its one sample. */
  async untilStopped(worker: Worker): Promise<void> {
    const {signal, hurry, grace, once} = this.args;
    await Promise.race([aborted(signal), ...(once ? [this.one] : [])]);
    await waitAtMost(grace, Promise.race([worker.pause().catch(() => {}), aborted(hurry)]));
    this.isGivingBack = true;
    await Promise.all(this.all.map(thread => thread.end()));
    await waitAtMost(GIVING_BACK, Promise.allSettled(this.atHand));
  }

  /** Removes a sample whose message is gone: nobody asks for its answer. */
  async removeUnwanted(job: Job): Promise<void> {
    if (await this.isUnwanted(job)) await job.remove().catch(() => {});
  }

  private async isUnwanted({id}: Job): Promise<boolean> {
    const {redis, args} = this;
    if (redis.status !== 'ready') return false;
    return (await redis.exists(keysOf(args.queue).message(id!)).catch(() => 1)) === 0;
  }

  /** A thread that has ended holds no model and no engine. The next sample starts another. */
  private boundMemory(thread: SampleThread): void {
    const {memory, say} = this.args;
    const bytes = process.memoryUsage.rss();
    if (bytes <= memory) return;
    say(`memory ${megabytes(bytes)} is above ${megabytes(memory)}; the next sample gets a new thread`);
    void thread.end();
  }

  private async answer(job: Job, thread: SampleThread): Promise<SampleAnswer | ReportAnswer> {
    const {queue, maxBytes} = this.args;
    let isOver = false;
    const looks = setInterval(async () => {
      if ((await this.isUnwanted(job)) && !isOver) void thread.end('Nobody waits for it any more.');
    }, 1000 * HEARTBEAT);
    try {
      const request = await readRequest(this.redis, queue, job.id!, job.data, maxBytes);
      const answer = await thread.take(request);
      return 'error' in answer ? {...answer, error: withWayOut(answer.error)} : answer;
    } catch (thrown) {
      const {name, message} = toError(thrown);
      return {id: 0, error: {name, message}};
    } finally {
      isOver = true;
      clearInterval(looks);
    }
  }

  private count(job: Job, answer: SampleAnswer | ReportAnswer, seconds: number): void {
    this.taken++;
    const what = `${job.name === 'report' ? 'report' : 'sample'} ${job.id!.slice(0, 8)}`;
    if ('error' in answer) {
      this.failed++;
      this.args.say(`${what} failed after ${seconds.toFixed(1)} s: ${answer.error.message}`);
    } else {
      this.args.say(`${what} taken in ${seconds.toFixed(1)} s`);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

/** Says how to make an unknown class known to this worker. */
function withWayOut(error: SampleError): SampleError {
  if (error.unknown === undefined) return error;
  return {...error, message: wayOut(error.unknown)};
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
