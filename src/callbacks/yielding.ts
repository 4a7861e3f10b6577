import * as tf from '@tensorflow/tfjs-core';

/**
 * Gives the thread to timers, drawing and sockets at intervals.
 *
 * `fit` does so itself, but not if its first callback is of class `Callback`: the page would freeze.
 */
export class Yielding {
  private last = performance.now();

  constructor(private readonly every: number | 'never') {}

  async yieldIfDue(): Promise<void> {
    if (this.every === 'never' || performance.now() - this.last < this.every) return;
    await tf.nextFrame();
    this.last = performance.now();
  }
}
