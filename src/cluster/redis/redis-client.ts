import type {Redis} from 'ioredis';
import {ClusterError} from '../../errors.js';
import {assertInstalled} from '../../sinks/peer-package.js';
import type {RedisAddress} from './redis-address.js';

const PACKAGES = ['bullmq', 'ioredis'];

/**
 * Checks that BullMQ and its client of Redis are installed.
 *
 * @throws InvalidArgumentError with what to run, if they are not.
 */
export function assertPeers(what: string): void {
  assertInstalled(PACKAGES, what);
}

/** The optional packages, loaded when they are used. */
export async function loadPeers() {
  const [{Queue, Worker, WaitingError}, {Redis}] = await Promise.all([import('bullmq'), import('ioredis')]);
  return {Queue, Worker, WaitingError, Redis};
}

/** A connection to Redis that is made again when it is lost. */
export interface RedisClient {
  readonly redis: Redis;
  /** What Redis or the network said last, without password. */
  readonly fault: () => string;
}

/**
 * Makes a client of Redis. It connects by itself, and again after each loss.
 *
 * @param keepsAlive whether the connection keeps the process alive.
 * @param isPatient whether commands wait for a connection; otherwise they fail without one.
 */
export function connect(
  Client: typeof Redis,
  address: RedisAddress,
  {keepsAlive, isPatient}: {readonly keepsAlive: boolean; readonly isPatient: boolean},
): RedisClient {
  const redis = new Client({
    ...address.options,
    connectTimeout: 10_000,
    // A command fails or waits by the rules of its caller.
    maxRetriesPerRequest: null,
    retryStrategy: times => Math.min(50 * 2 ** times, 2_000),
    enableOfflineQueue: isPatient,
  });
  let last = 'no answer';
  // Without a listener an error would end the process.
  redis.on('error', error => {
    last = faultOf(error, address);
  });
  if (!keepsAlive) {
    redis.on('connect', () => {
      redis.stream.unref();
    });
  }
  return {redis, fault: () => last};
}

/** What an error of Redis or the network says. Not the error itself: it has the command, with the password and the weights. */
export function faultOf(error: unknown, {mask}: RedisAddress): string {
  const {message = '', code, errors} = error as {message?: string; code?: string; errors?: readonly Error[]};
  const text = message || errors?.[0]?.message || code || String(error);
  return mask(text.replaceAll(/\s+/g, ' ').trim().slice(0, 300));
}

/** That Redis does not answer, with the way out. */
export function unreachable({shown}: RedisAddress, fault: string, seconds: number): ClusterError {
  return new ClusterError(
    `Redis at ${shown} has not answered for ${seconds} s (${fault}); check that it runs, and that this machine may reach it and log in.`,
  );
}
