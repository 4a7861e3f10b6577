// Messages in order, each once, through a stream of Redis. A lost connection loses none and doubles none: a reader asks from the last entry
// that it has seen, and each sender numbers its messages, since an entry may be written twice if the answer to it was lost.
import {setTimeout as sleep} from 'node:timers/promises';
import type {Redis} from 'ioredis';
import {decodeMessage, encodeMessage} from '../../binary-message.js';
import {within} from '../redis/until-answered.js';
import {TTL} from './operator-keys.js';
import type {Ask} from './payload.js';

/** The largest message in bytes. Longer bytes lie in payloads. */
const LARGEST = 2 ** 24;

/** Milliseconds that Redis waits for a message before it answers that there is none. */
const BLOCK = 1_000;

/** Sends messages in the order of its calls. */
export class MessageSender {
  private count = 0;
  private last: Promise<unknown> = Promise.resolve();

  /** @param from the name of the sender. */
  constructor(
    private readonly ask: Ask,
    private readonly key: string,
    private readonly from: string,
  ) {}

  /** Redis has the message when the promise resolves. */
  send(message: object): Promise<void> {
    const sent = this.last.then(() => this.write(message));
    this.last = sent.catch(() => {});
    return sent;
  }

  private async write(message: object): Promise<void> {
    const bytes = Buffer.from(encodeMessage({from: this.from, number: this.count++, message}).buffer);
    await this.ask(redis => Promise.all([redis.xadd(this.key, '*', 'message', bytes), redis.expire(this.key, TTL)]));
  }
}

export interface ReadMessagesArgs {
  /** A connection of its own, since it waits in it. */
  readonly waiting: Redis;
  readonly ask: Ask;
  readonly key: string;
  readonly isOver: () => boolean;
  /** Takes a message of a sender. */
  readonly onMessage: (from: string, message: unknown) => Promise<void>;
  /** A message of a sender is missing, or is none. */
  readonly onGap: (from: string) => void;
  /** Called about each second. */
  readonly onPause?: () => Promise<void>;
}

/** Reads messages until it is over. It throws only what `onMessage` and `onPause` throw. */
export async function readMessages({
  waiting,
  ask,
  key,
  isOver,
  onMessage,
  onGap,
  onPause = async () => {},
}: ReadMessagesArgs): Promise<void> {
  let last = '0-0';
  const expected = new Map<string, number>();
  while (!isOver()) {
    const entries = await newEntries(waiting, key, last);
    if (isOver()) return;
    if (entries === null) await sleep(200, undefined, {ref: false});
    for (const [id, bytes] of entries ?? []) {
      last = id;
      const {from, number, message} = envelopeOf(bytes);
      const next = expected.get(from) ?? 0;
      // One that was written twice.
      if (number < next) continue;
      expected.set(from, number + 1);
      if (number === next) await onMessage(from, message);
      else onGap(from);
      if (isOver()) return;
    }
    if (entries !== null && entries.length > 0) await ask(redis => redis.xdel(key, ...entries.map(([id]) => id)));
    else await onPause();
  }
}

/** @returns the entries after one; `null` if Redis does not answer. */
async function newEntries(
  waiting: Redis,
  key: string,
  last: string,
): Promise<(readonly [id: string, bytes: Buffer | null])[] | null> {
  try {
    const asked = waiting.xreadBuffer('COUNT', 64, 'BLOCK', BLOCK, 'STREAMS', key, last);
    const reply = (await within(BLOCK + 10_000, asked, {keepsAlive: false})) as
      | readonly [Buffer, [Buffer, Buffer[]][]][]
      | null;
    return (reply?.[0]?.[1] ?? []).map(([id, fields]) => [id.toString(), fields[1] ?? null] as const);
  } catch {
    // A connection that is broken without notice is made again.
    if (waiting.status === 'ready') waiting.disconnect(true);
    return null;
  }
}

/** The parts of an entry. One that is no message has a number that leaves a gap. */
function envelopeOf(bytes: Buffer | null): {from: string; number: number; message: unknown} {
  try {
    if (bytes !== null && bytes.length <= LARGEST) {
      const {from, number, message} = decodeMessage<Record<string, unknown>>(bytes);
      if (typeof from === 'string' && Number.isSafeInteger(number)) return {from, number: number as number, message};
    }
  } catch {
    // Below.
  }
  return {from: '', number: Number.MAX_SAFE_INTEGER - 1, message: null};
}
