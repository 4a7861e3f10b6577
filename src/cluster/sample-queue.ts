import {createHash} from 'node:crypto';
import {that} from '../arguments/kinds.js';

/** All keys in Redis begin with it, those of BullMQ too. */
export const PREFIX = 'tfjs-hessian';

/** Seconds that Redis keeps what nobody asks for again, such as the samples of a training that was ended. */
export const KEPT = 24 * 60 * 60;

/** Seconds in which a worker says again that it is there. */
export const HEARTBEAT = 5;

/** A job of the queue: a sample, or a model of a report. Its tensors lie beside it, as bytes. */
export interface SampleJob {
  readonly format: number;
  /** The version of this package that asks. */
  readonly package: string;
  /** The hash of the model's JSON. */
  readonly topology: string;
  /** Of a report: its name, under which the model's JSON lies, and the hash of the data. */
  readonly shared?: {readonly report: string; readonly data: string};
}

/** The keys in Redis of a queue, besides those of BullMQ. */
export function keysOf(queue: string) {
  const begin = `${PREFIX}:${queue}:`;
  return {
    /** The JSON of a model, by its hash. */
    topology: (hash: string) => `${begin}topology:${hash}`,
    /** The JSON of a model, or the data, of a report by its name, by their hash. */
    ofReport: (report: string, hash: string) => `${begin}report:${report}:${hash}`,
    /** The rest of a sample's message, by the name of the sample. */
    message: (name: string) => `${begin}message:${name}`,
    /** What BullMQ keeps of the queue itself. */
    meta: `${begin}meta`,
    /** When each worker was there last, in seconds of Redis' clock. */
    workers: `${begin}workers`,
  };
}

export function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

export const queueName = () =>
  that<string>(
    value => typeof value === 'string' && /^[\w.-]{1,100}$/.test(value),
    'letters, digits, "_", "-" and ".", at most 100',
  );

/** Bytes as megabytes in a message. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}
