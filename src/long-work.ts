// What all long functions share: they can be stopped, they say how far they have come, and other code gets its turn.
import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {abortSignal, functionOrAsync} from './arguments/kinds.js';
import {turnIfDue} from './event-loop.js';

/** How far long work has come. */
export interface Progress {
  /** Units that are done: products, or what the function names. It never decreases, and may be a fraction. */
  readonly done: number;
  /** Units of the whole work. If less work suffices, the last call has `done` equal to it all the same. */
  readonly total: number;
  /** Seconds until the end, if the rest takes as long as what is done. */
  readonly eta: number;
}

/** Options of every function that may take long. */
export interface LongWorkArgs {
  /** Stops the work, which then rejects with the signal's reason and leaves no tensors. Default: none. */
  readonly signal?: AbortSignal;
  /** Called while the work goes on, and at its end. If it throws, the work stops and rejects with that error. Default: none. */
  readonly onProgress?: (progress: Progress) => void;
}

/** The schemas of `LongWorkArgs`. */
export const longWorkEntries = {
  signal: optional(abortSignal()),
  onProgress: optional(functionOrAsync<NonNullable<LongWorkArgs['onProgress']>>('a function of {done, total, eta}')),
};

/** Work of a number of units. It counts them, and stops between them. */
export class Work {
  private done = 0;
  private said = 0;
  private readonly began = performance.now();

  constructor(
    private readonly args: LongWorkArgs = {},
    private total = 0,
  ) {}

  /** Counts units that are done. `pause` reports them. */
  count(units: number): void {
    this.done += units;
  }

  /** How many units the whole work has, where this is known late. */
  expect(total: number): void {
    this.total = total;
  }

  /** Skips units that turned out not to be needed: now `done` of them are done. */
  skipTo(done: number): void {
    this.done = Math.max(this.done, done);
  }

  /**
   * To be called before each unit: reports progress, and gives other code its turn about every 50 ms.
   *
   * @param part what is done of the unit that runs.
   * @throws the signal's reason once it is aborted, and what `onProgress` throws.
   */
  async pause(part = 0): Promise<void> {
    const {signal} = this.args;
    signal?.throwIfAborted();
    await this.report(this.done + part);
    await turnIfDue();
    signal?.throwIfAborted();
  }

  /** To be called once at the end: reports that all is done. Throws as `pause` does. */
  async end(): Promise<void> {
    this.args.signal?.throwIfAborted();
    this.done = Math.max(this.done, this.total);
    this.total = this.done;
    await this.report(this.done);
  }

  private async report(done: number): Promise<void> {
    const {onProgress} = this.args;
    if (onProgress === undefined || done <= this.said) return;
    this.said = done;
    const total = Math.max(done, this.total);
    const seconds = (performance.now() - this.began) / 1000;
    // It may be async.
    await onProgress({done, total, eta: (seconds * (total - done)) / done});
  }
}

/**
 * Runs long work to its end.
 *
 * @param total how many units it has at most.
 * @param body does the work; it begins before this function returns. Its result is disposed of if the end cannot be reported.
 */
export async function longWork<T>(args: LongWorkArgs, total: number, body: (work: Work) => Promise<T>): Promise<T> {
  args.signal?.throwIfAborted();
  const work = new Work(args, total);
  // At once: what the body reads first, such as a batch, is as it is at the call.
  const result = await body(work);
  try {
    await work.end();
  } catch (error) {
    disposeOf(result);
    throw error;
  }
  return result;
}

function disposeOf(result: unknown): void {
  const {dispose} = (result ?? {}) as {dispose?: () => void};
  if (typeof dispose === 'function') dispose.call(result);
  else tf.dispose(result as tf.TensorContainer);
}
