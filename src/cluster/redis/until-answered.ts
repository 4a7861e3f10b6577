import {setTimeout as sleep} from 'node:timers/promises';
import type {RedisAddress} from './redis-address.js';
import {faultOf, unreachable} from './redis-client.js';

export interface UntilAnsweredArgs {
  readonly address: RedisAddress;
  /** What the connection said last. */
  readonly fault: () => string;
  /** Milliseconds after which it gives up. */
  readonly timeout: number;
  /** Whether nobody waits for the answer any more. */
  readonly isOver: () => boolean;
}

/**
 * Asks Redis until it answers. What is asked must not matter if it is done twice.
 *
 * @throws ClusterError if it does not answer for too long.
 */
export async function untilAnswered<T>(
  {address, fault, timeout, isOver}: UntilAnsweredArgs,
  ask: () => Promise<T>,
): Promise<T> {
  const end = performance.now() + timeout;
  let said = fault;
  for (;;) {
    const left = end - performance.now();
    if (left <= 0) throw unreachable(address, said(), timeout / 1000);
    try {
      return await within(left, ask());
    } catch (error) {
      if (isOver()) throw error;
      if (!(error instanceof Late)) {
        const text = faultOf(error, address);
        if (!isAboutConnection(text)) said = () => text;
      }
      await sleep(Math.min(200, Math.max(0, end - performance.now())));
    }
  }
}

function isAboutConnection(text: string): boolean {
  return /Connection is closed|isn't writeable|enableOfflineQueue/.test(text);
}

class Late extends Error {}

/**
 * Rejects if a promise takes too long.
 *
 * @param keepsAlive whether the process stays alive meanwhile.
 */
export async function within<T>(milliseconds: number, promise: Promise<T>, {keepsAlive = true} = {}): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late()), milliseconds);
    if (!keepsAlive) timer.unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
