import {PREFIX} from '../sample-queue.js';

/** Seconds that Redis keeps what belongs to an operator whose process is gone. While it lives, it says so again and again. */
export const TTL = 120;

/** The field of what an operator says of itself. */
export const RECORD = 'record';

/** The keys of the workers of one operator. */
export interface MemberKeys {
  /** Is there as long as the worker belongs to the operator. The worker renews it, and either side may end it. */
  readonly alive: string;
  /** What the worker is asked for, in a stream. */
  readonly requests: string;
  /** The bytes of batches for the worker, and of its answers. */
  readonly payloads: string;
}

/** The keys in Redis of the operators of a queue. */
export function operatorKeys(queue: string) {
  const begin = `${PREFIX}:${queue}:operator`;
  return {
    /** The set of the operators that workers may compute products of. */
    all: `${begin}s`,
    of: (operator: string) => ({
      /** What the operator says of itself, and the bytes that all its workers read. */
      shared: `${begin}:${operator}:shared`,
      /** What its workers say, in a stream. */
      answers: `${begin}:${operator}:answers`,
      member: (member: string): MemberKeys => {
        const own = `${begin}:${operator}:${member}`;
        return {alive: `${own}:alive`, requests: `${own}:requests`, payloads: `${own}:payloads`};
      },
    }),
  };
}
