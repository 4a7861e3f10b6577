import * as tf from '@tensorflow/tfjs-core';

/**
 * Lets timers, drawing and sockets have the thread now and then.
 *
 * `fit` does so by itself, but not when its first callback is of class `Callback`: the page would freeze.
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
