// Bytes of any number in the fields of a hash of Redis, in pieces: one value of Redis has at most 512 MB.
import type {Redis} from 'ioredis';
import {isText} from '../../arguments/kinds.js';
import {isRecord} from '../../arguments/options.js';
import {ClusterError} from '../../errors.js';
import {megabytes} from '../sample-queue.js';
import {TTL} from './operator-keys.js';

/** Of a piece, in bytes. Redis serves others between two pieces. */
export const PIECE = 2 ** 24;

/** Where bytes lie: the hash is known from the message that has it. */
export interface Payload {
  readonly field: string;
  readonly bytes: number;
}

export function isPayload(value: unknown): value is Payload {
  return isRecord(value) && isText(value.field) && Number.isSafeInteger(value.bytes) && (value.bytes as number) >= 0;
}

/** Asks Redis for something, again if need be. */
export type Ask = <T>(command: (redis: Redis) => Promise<T>) => Promise<T>;

/** Writes bytes. Redis has them when the promise resolves. */
export async function writePayload(ask: Ask, key: string, field: string, bytes: Uint8Array): Promise<Payload> {
  const payload = {field, bytes: bytes.byteLength};
  for (const [i, name] of fieldsOf(payload).entries()) {
    const piece = bytes.subarray(i * PIECE, (i + 1) * PIECE);
    const buffer = Buffer.from(piece.buffer as ArrayBuffer, piece.byteOffset, piece.byteLength);
    await ask(redis => Promise.all([redis.hset(key, name, buffer), redis.expire(key, TTL)]));
  }
  return payload;
}

/**
 * Reads bytes.
 *
 * @throws ClusterError if they are more than `maxBytes`, and if Redis no longer has them.
 */
export async function readPayload(ask: Ask, key: string, payload: Payload, maxBytes: number): Promise<Uint8Array> {
  if (payload.bytes > maxBytes) throw new ClusterError(tooLarge('A message', payload.bytes, maxBytes));
  const whole = new Uint8Array(payload.bytes);
  for (const [i, name] of fieldsOf(payload).entries()) {
    const piece = await ask(redis => redis.hgetBuffer(key, name));
    if (piece === null || piece.length !== Math.min(PIECE, payload.bytes - i * PIECE)) {
      throw new ClusterError('Redis no longer has a message, or not all of it.');
    }
    whole.set(piece, i * PIECE);
  }
  return whole;
}

export async function removePayload(ask: Ask, key: string, payload: Payload): Promise<void> {
  await ask(redis => redis.hdel(key, ...fieldsOf(payload)));
}

export function tooLarge(what: string, bytes: number, maxBytes: number): string {
  return (
    `${what} has ${megabytes(bytes)}, and at most ${megabytes(maxBytes)} are allowed; use smaller batches, or allow more with ` +
    'cluster({maxBytes}) and --max-bytes in the workers.'
  );
}

function fieldsOf({field, bytes}: Payload): string[] {
  return Array.from({length: Math.max(1, Math.ceil(bytes / PIECE))}, (_, i) => `${field}/${i}`);
}
