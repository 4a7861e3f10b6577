import * as tf from '@tensorflow/tfjs-core';

/** How far a long computation has come. */
export interface WorkProgress {
  /** Units of work that are done; it only grows. */
  readonly done: number;
  readonly total: number;
  /** Seconds until the end, if the rest takes as long for each unit as the work so far. */
  readonly eta: number;
}

/** Milliseconds after which timers, drawing and sockets get a turn. */
const TURN = 100;

/** Counts the units of a long computation, and lets it be aborted between them. */
export class Work {
  private done = 0;
  private readonly began = performance.now();
  private yielded = this.began;

  constructor(
    private readonly total: number,
    private readonly signal: AbortSignal | undefined,
    private readonly onProgress: ((progress: WorkProgress) => void) | undefined,
  ) {}

  /**
   * Called after each unit.
   *
   * @throws the reason of the signal.
   */
  async finish(units = 1): Promise<void> {
    const {total, began} = this;
    this.done += units;
    const now = performance.now();
    this.onProgress?.({done: this.done, total, eta: ((now - began) / 1000 / this.done) * (total - this.done)});
    if (now - this.yielded > TURN) {
      await tf.nextFrame();
      this.yielded = performance.now();
    }
    this.signal?.throwIfAborted();
  }
}
