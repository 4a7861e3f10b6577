import {setTimeout as sleep} from 'node:timers/promises';
import type {Redis} from 'ioredis';
import {toError} from '../../streams/shielded.js';
import {operatorKeys, RECORD, TTL} from '../products/operator-keys.js';
import {OperatorMember, type OperatorMemberArgs} from './operator-member.js';

export interface ServeOperatorsArgs extends Omit<OperatorMemberArgs, 'waiting'> {
  /** Makes another connection. */
  readonly connect: () => Redis;
  readonly signal: AbortSignal;
  /** Takes a line about an operator. */
  readonly say: (line: string) => void;
}

/** How many operators a worker computes products of at a time. */
const MOST = 16;

/** Milliseconds between two looks for new operators. */
const LOOK = 500;

/**
 * Computes products of all operators of a queue, each in a thread of its own, until it is stopped.
 *
 * @returns what ends when all has been given back.
 */
export async function serveOperators({connect, signal, say, ...args}: ServeOperatorsArgs): Promise<void> {
  const {redis, queue} = args;
  const {all, of} = operatorKeys(queue);
  const members = new Map<string, {readonly member: OperatorMember; readonly end: Promise<void>}>();
  /** Operators that it could not compute for, by when they were tried. */
  const refused = new Map<string, number>();
  const join = (operator: string) => {
    const member = new OperatorMember({...args, waiting: connect()}, operator);
    const short = operator.slice(0, 8);
    say(`computes products for operator ${short}`);
    const end = member.work().then(
      () => say(`operator ${short} has ended; ${member.products} products`),
      error => {
        refused.set(operator, performance.now());
        say(`operator ${short} failed: ${toError(error).message}`);
      },
    );
    members.set(operator, {member, end: end.finally(() => members.delete(operator))});
  };
  while (!signal.aborted) {
    const operators = redis.status === 'ready' ? await redis.smembers(all).catch(() => []) : [];
    for (const operator of operators) {
      if (members.has(operator) || members.size >= MOST) continue;
      // After a failure, another worker may have more success.
      if (performance.now() - (refused.get(operator) ?? Number.NEGATIVE_INFINITY) < 1000 * TTL) continue;
      if (await redis.hexists(of(operator).shared, RECORD)) join(operator);
      else await redis.srem(all, operator);
    }
    await sleep(LOOK, undefined, {signal}).catch(() => {});
  }
  await Promise.all([...members.values()].map(({member, end}) => member.leave().then(() => end)));
}
