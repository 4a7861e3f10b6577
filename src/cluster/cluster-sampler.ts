import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Job, Queue} from 'bullmq';
import type {Redis} from 'ioredis';
import type {Sampler} from '../callbacks/background/sampler.js';
import {snapshot} from '../callbacks/background/snapshot.js';
import type {MeasureArgs, Measurement} from '../callbacks/sampling/measure-curvature.js';
import type {Edge} from '../callbacks/sampling/read-edge.js';
import {ClusterError, TfjsHessianError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {warn} from '../warnings.js';
import {readAnswer} from './answer-message.js';
import type {RedisAddress} from './redis/redis-address.js';
import {connect, loadPeers} from './redis/redis-client.js';
import {untilAnswered, within} from './redis/until-answered.js';
import {HEARTBEAT, keysOf, PREFIX} from './sample-queue.js';
import {type Parcel, pack, upload} from './upload.js';

export interface ClusterSamplerArgs {
  readonly address: RedisAddress;
  readonly queue: string;
  /** How many samples may have been uploaded, or wait for it, and not come. */
  readonly limit: number;
  readonly maxBytes: number;
  /** Milliseconds after which samples fail if Redis does not answer. */
  readonly redisTimeout: number;
  /** Milliseconds after which samples fail if no worker is there. */
  readonly workerTimeout: number;
}

/** A sample that has not come. */
interface Pending {
  /** Its name in Redis; `null` until it is there. */
  name: string | null;
  readonly answer: (text: unknown) => void;
  readonly fail: (error: unknown) => void;
}

interface Connection {
  readonly redis: Redis;
  readonly queue: Queue;
  readonly fault: () => string;
}

const A_DAY = 86_400_000;

/** Milliseconds between two looks for the oldest answer: the first, and the most. */
const [FIRST_LOOK, MOST] = [20, 500];

/**
 * Gives samples to workers through a queue in Redis, and takes their answers, the oldest first.
 *
 * It asks Redis for the answer to the oldest sample, so nothing is lost with a connection.
 */
export class ClusterSampler implements Sampler {
  readonly isDead = false;
  private readonly pending: Pending[] = [];
  private connecting: Promise<Connection> | null = null;
  private isLooking = false;
  private isDisposed = false;
  private wake: () => void = () => {};

  constructor(private readonly args: ClusterSamplerArgs) {}

  get isFull(): boolean {
    return this.pending.length >= this.args.limit;
  }

  /** Connects, while training makes its first steps. */
  open(): void {
    this.connection().catch(() => {});
  }

  measure(model: LayersModel, batch: Batch, args: MeasureArgs, edge: Edge, training: string): Promise<Measurement> {
    const taken = snapshot(0, model, batch, args, edge);
    return new Promise<Measurement>((resolve, reject) => {
      const settle = (act: () => void) => {
        const place = this.pending.indexOf(pending);
        if (place < 0) return;
        this.pending.splice(place, 1);
        act();
      };
      const pending: Pending = {
        name: null,
        // A promise, whose error rejects.
        answer: text => settle(() => resolve(Promise.resolve(text).then(readAnswer))),
        fail: error => settle(() => reject(error)),
      };
      this.pending.push(pending);
      void this.send(
        pending,
        taken.then(request => pack(request, training, this.args.maxBytes)),
      );
    });
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    const names = this.pending.flatMap(({name}) => name ?? []);
    for (const pending of [...this.pending]) {
      pending.fail(new TfjsHessianError('The callback was disposed while a worker took a sample.'));
    }
    this.wake();
    this.connecting?.then(connection => close(connection, names)).catch(() => {});
  }

  private connection(): Promise<Connection> {
    this.connecting ??= this.connect();
    return this.connecting;
  }

  private async connect(): Promise<Connection> {
    const {Queue, Redis} = await loadPeers();
    const {redis, fault} = connect(Redis, this.args.address, {keepsAlive: false, isPatient: false});
    const queue = new Queue(this.args.queue, {connection: redis, prefix: PREFIX, skipMetasUpdate: true});
    // Errors are those of the connection.
    queue.on('error', () => {});
    return {redis, queue, fault};
  }

  /** Uploads a sample, if need be again until Redis has not answered for too long. */
  private async send(pending: Pending, packing: Promise<Parcel>): Promise<void> {
    this.look();
    try {
      const parcel = await packing;
      const connection = await this.connection();
      await this.untilAnswered(pending, connection, () => upload(connection, parcel));
      pending.name = parcel.name;
      this.wake();
    } catch (error) {
      pending.fail(error);
    }
  }

  /** Asks Redis until it answers. Rejects if it does not for too long. */
  private untilAnswered<T>(pending: Pending, {fault}: Connection, ask: () => Promise<T>): Promise<T> {
    const {address, redisTimeout: timeout} = this.args;
    return untilAnswered({address, fault, timeout, isOver: () => !this.pending.includes(pending)}, ask);
  }

  /** Looks for answers while samples are pending. */
  private look(): void {
    if (this.isLooking) return;
    this.isLooking = true;
    // The process lives while samples are pending; the connection alone would let it end.
    const alive = setInterval(() => {}, A_DAY);
    this.lookAll().finally(() => {
      clearInterval(alive);
      this.isLooking = false;
      if (this.pending.length > 0) this.look();
    });
  }

  private async lookAll(): Promise<void> {
    let pause = FIRST_LOOK;
    const workers = new WorkerWatch(this.args);
    while (this.pending.length > 0) {
      const [oldest] = this.pending as [Pending];
      const {name} = oldest;
      if (name !== null) {
        try {
          const connection = await this.connection();
          if (await this.untilAnswered(oldest, connection, () => this.take(oldest, name, connection))) {
            pause = FIRST_LOOK;
            workers.reset();
            continue;
          }
          const complaint = await workers.complaint(connection).catch(() => null);
          if (complaint !== null) this.failAll(complaint);
        } catch (error) {
          // Redis is gone, and with it all samples that it has.
          this.failAll(error);
        }
      }
      if (this.pending.length === 0) return;
      await this.sleepUntilWoken(pause);
      pause = name === null ? FIRST_LOOK : Math.min(MOST, pause * 1.5);
    }
  }

  /** @returns whether the sample has come, or has failed. */
  private async take(pending: Pending, name: string, {redis, queue}: Connection): Promise<boolean> {
    const job = (await queue.getJob(name)) as Job | undefined;
    if (job === undefined) {
      pending.fail(new ClusterError(forgotten(this.args.address)));
      return true;
    }
    const {finishedOn, failedReason, returnvalue} = job;
    if (!finishedOn) return false;
    if (failedReason) pending.fail(new ClusterError(lost(failedReason)));
    else pending.answer(returnvalue);
    await forget({redis, queue}, name).catch(() => {});
    return true;
  }

  private failAll(error: unknown): void {
    for (const pending of [...this.pending]) if (pending.name !== null) pending.fail(error);
  }

  private sleepUntilWoken(milliseconds: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Watches whether a worker is there while no answer comes. */
class WorkerWatch {
  private since = performance.now();
  private nextLook = 0;
  private hasWarned = false;

  constructor(private readonly args: ClusterSamplerArgs) {}

  reset(): void {
    this.since = performance.now();
  }

  /** What to tell the samples that wait; `null`: they go on waiting. */
  async complaint({redis}: Connection): Promise<ClusterError | null> {
    const now = performance.now();
    if (now < this.nextLook) return null;
    this.nextLook = now + 1000 * HEARTBEAT;
    const {queue, address, workerTimeout} = this.args;
    const [seconds] = await redis.time();
    const there = await redis.zcount(keysOf(queue).workers, Number(seconds) - 4 * HEARTBEAT, '+inf');
    if (there > 0) {
      this.reset();
      return null;
    }
    const waited = now - this.since;
    const way = `start one on any machine: npx tfjs-hessian worker --redis ${address.shown}${queue === 'tfjs-hessian' ? '' : ` --queue ${queue}`}`;
    if (waited > workerTimeout) {
      return new ClusterError(
        `No worker was there for the queue "${queue}" for ${workerTimeout / 1000} s, so the sample was given up; ${way}.`,
      );
    }
    if (waited > WARN_AFTER && !this.hasWarned) {
      this.hasWarned = true;
      warn('slower', `Samples wait in the queue "${queue}", and no worker is there; ${way}.`);
    }
    return null;
  }
}

/** Milliseconds without a worker after which a warning says so. */
const WARN_AFTER = 10_000;

/** Removes a sample from Redis. */
async function forget({redis, queue}: Omit<Connection, 'fault'>, name: string): Promise<void> {
  await queue.remove(name);
  await redis.del(keysOf(queue.name).message(name));
}

/** Ends a connection, after the samples that nobody waits for have been removed. */
async function close(connection: Connection, names: readonly string[]): Promise<void> {
  const {redis, queue} = connection;
  try {
    // A sample at a worker cannot be removed; its answer is kept for a day.
    await within(2_000, Promise.all(names.map(name => forget(connection, name).catch(() => {}))));
  } catch {
    // Redis does not answer.
  }
  await queue.close().catch(() => {});
  redis.disconnect();
}

function forgotten({shown}: RedisAddress): string {
  return (
    `Redis at ${shown} no longer has the sample: it was removed, or Redis was restarted without its data; let Redis keep ` +
    'them, with `appendonly yes`.'
  );
}

function lost(reason: string): string {
  return /stalled/.test(reason)
    ? 'Each worker that took the sample was lost with it, so it was given up; it may need more memory than the workers have (subBatch).'
    : `A worker failed to take the sample: ${reason.slice(0, 300)}`;
}
