import type {Job, Queue} from 'bullmq';
import type {Redis} from 'ioredis';
import {ClusterError} from '../errors.js';
import type {RedisAddress} from './redis/redis-address.js';
import {connect, loadPeers} from './redis/redis-client.js';
import {within} from './redis/until-answered.js';
import {keysOf, PREFIX} from './sample-queue.js';

/** A queue, and how long it is waited for. */
export interface QueueArgs {
  readonly address: RedisAddress;
  readonly queue: string;
  /** The largest sample in bytes. */
  readonly maxBytes: number;
  /** Milliseconds after which samples fail if Redis does not answer. */
  readonly redisTimeout: number;
  /** Milliseconds after which samples fail if no worker is there. */
  readonly workerTimeout: number;
}

/** A connection of a process that asks workers for samples. */
export interface QueueConnection {
  readonly redis: Redis;
  readonly queue: Queue;
  /** What Redis or the network said last, without password. */
  readonly fault: () => string;
}

/** Connects to a queue. The connection does not keep the process alive. */
export async function connectQueue({address, queue: name}: QueueArgs): Promise<QueueConnection> {
  const {Queue, Redis} = await loadPeers();
  const {redis, fault} = connect(Redis, address, {keepsAlive: false, isPatient: false});
  const queue = new Queue(name, {connection: redis, prefix: PREFIX, skipMetasUpdate: true});
  // Errors are those of the connection.
  queue.on('error', () => {});
  return {redis, queue, fault};
}

/** How a sample is: Redis does not have it, it waits, a worker takes it, or it has ended. `read` returns the
 * worker's answer, or throws why there is none. */
export type SampleState = 'forgotten' | 'waiting' | 'at work' | {readonly read: () => unknown};

/** Asks for a sample by its name. */
export async function stateOf({queue}: QueueConnection, name: string): Promise<SampleState> {
  const job = (await queue.getJob(name)) as Job | undefined;
  if (job === undefined) return 'forgotten';
  const {processedOn, finishedOn, failedReason, returnvalue} = job;
  if (!finishedOn) return processedOn ? 'at work' : 'waiting';
  return {
    read: () => {
      if (failedReason) throw new ClusterError(lost(failedReason));
      return returnvalue;
    },
  };
}

/** Removes a sample from Redis. That of one at a worker is removed by the worker. */
export async function forget({redis, queue}: QueueConnection, name: string): Promise<void> {
  await redis.del(keysOf(queue.name).message(name));
  await queue.remove(name);
}

/**
 * Ends a connection, after the samples that nobody waits for have been removed.
 *
 * @param keys further keys to remove.
 * @param milliseconds that Redis gets to remove them.
 */
export async function closeQueue(
  connection: QueueConnection,
  names: readonly string[],
  {keys = [], milliseconds = 2_000}: {readonly keys?: readonly string[]; readonly milliseconds?: number} = {},
): Promise<void> {
  const {redis, queue} = connection;
  try {
    const removed = names.map(name => forget(connection, name).catch(() => {}));
    await within(milliseconds, Promise.all([...removed, ...(keys.length > 0 ? [redis.unlink(...keys)] : [])]));
  } catch {
    // Redis does not answer.
  }
  await queue.close().catch(() => {});
  redis.disconnect();
}

/** That Redis has lost a sample. */
export function forgotten({shown}: RedisAddress): ClusterError {
  return new ClusterError(
    `Redis at ${shown} no longer has the sample: it was removed, or Redis was restarted without its data; let Redis keep ` +
      'them, with `appendonly yes`.',
  );
}

function lost(reason: string): string {
  return /stalled/.test(reason)
    ? 'Each worker that took the sample was lost with it, so it was given up; it may need more memory than the workers have (subBatch).'
    : `A worker failed to take the sample: ${reason.slice(0, 300)}`;
}
