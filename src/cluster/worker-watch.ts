import type {Redis} from 'ioredis';
import {ClusterError} from '../errors.js';
import {warn} from '../warnings.js';
import type {QueueArgs} from './queue-connection.js';
import {HEARTBEAT, keysOf} from './sample-queue.js';

/** Milliseconds without a worker after which a warning says so. */
const WARN_AFTER = 10_000;

/** Watches whether a worker is there while no answer comes. */
export class WorkerWatch {
  private since = performance.now();
  private nextLook = 0;
  private hasWarned = false;

  /** @param what waits, in messages: `sample`. */
  constructor(
    private readonly args: QueueArgs,
    private readonly what: string,
  ) {}

  reset(): void {
    this.since = performance.now();
  }

  /** What to tell those that wait; `null`: they go on waiting. */
  async complaint(redis: Redis): Promise<ClusterError | null> {
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
        `No worker was there for the queue "${queue}" for ${workerTimeout / 1000} s, so the ${this.what} was given up; ${way}.`,
      );
    }
    if (waited > WARN_AFTER && !this.hasWarned) {
      this.hasWarned = true;
      warn(
        'slower',
        `${this.what[0]!.toUpperCase()}${this.what.slice(1)}s wait in the queue "${queue}", and no worker is there; ${way}.`,
      );
    }
    return null;
  }
}
