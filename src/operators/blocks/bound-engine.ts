import * as tf from '@tensorflow/tfjs-core';
import {EngineError} from '../../errors.js';

/**
 * The engine that an operator was made on.
 *
 * What an operator holds was chosen for that engine and lies there: compiled graphs, factors, masks. On another one it would
 * be moved silently, at the cost of reading it all, and some of it could not be used.
 */
export class BoundEngine {
  private readonly name = tf.getBackend();

  /** @throws EngineError where another engine is in use now. */
  assertInUse(operator: string): void {
    const now = tf.getBackend();
    if (now === this.name) return;
    throw new EngineError(
      `${operator} was made on the engine "${this.name}" and is used on "${now}". Call await tf.setBackend('${this.name}') ` +
        `before you use it, or make a new one on "${now}".`,
      now,
    );
  }
}
