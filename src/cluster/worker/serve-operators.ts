import {setTimeout as sleep} from 'node:timers/promises';
import type {Redis} from 'ioredis';
import {toError} from '../../streams/shielded.js';
import {operatorKeys, RECORD} from '../products/operator-keys.js';
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

/** Milliseconds between two tries with an operator, after one that failed. */
const PAUSE = 5_000;

/**
 * Computes products of all operators of a queue, each in a thread of its own, until it is stopped.
 */
export async function serveOperators({connect, signal, say, ...args}: ServeOperatorsArgs): Promise<void> {
  const {redis, queue} = args;
  const {all, of} = operatorKeys(queue);
  const members = new Map<string, {readonly member: OperatorMember; readonly end: Promise<void>}>();
  /** Operators that it could not compute for: when they were tried, and why. */
  const failed = new Map<string, {readonly at: number; readonly why: string}>();
  const join = (operator: string) => {
    const member = new OperatorMember({...args, waiting: connect()}, operator);
    const short = operator.slice(0, 8);
    if (!failed.has(operator)) say(`computes products for operator ${short}`);
    const end = member.work().then(
      () => {
        say(`operator ${short} has ended; ${member.products} products`);
        failed.delete(operator);
      },
      error => {
        const why = toError(error).message;
        if (failed.get(operator)?.why !== why) say(`operator ${short} failed: ${why}`);
        failed.set(operator, {at: performance.now(), why});
      },
    );
    members.set(operator, {member, end: end.finally(() => members.delete(operator))});
  };
  while (!signal.aborted) {
    const operators = redis.status === 'ready' ? await redis.smembers(all).catch(() => []) : [];
    for (const operator of failed.keys()) if (!operators.includes(operator)) failed.delete(operator);
    for (const operator of operators) {
      if (members.has(operator) || members.size >= MOST) continue;
      if (performance.now() - (failed.get(operator)?.at ?? Number.NEGATIVE_INFINITY) < PAUSE) continue;
      const isThere = await redis.hexists(of(operator).shared, RECORD).catch(() => null);
      if (isThere === 1) join(operator);
      else if (isThere === 0) await redis.srem(all, operator).catch(() => {});
    }
    await sleep(LOOK, undefined, {signal}).catch(() => {});
  }
  await Promise.all([...members.values()].map(({member, end}) => member.leave().then(() => end)));
}
