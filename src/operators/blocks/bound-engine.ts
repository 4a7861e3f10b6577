import * as tf from '@tensorflow/tfjs-core';
import {EngineError} from '../../errors.js';

/**
 * The engine that an operator was made on.
 *
 * The operator's compiled graphs, factors and masks are on that engine. Another engine would silently copy the tensors, which is
 * slow, and could not use the graphs.
 */
export class BoundEngine {
  private readonly name = tf.getBackend();

  /** @throws EngineError if another engine is in use. */
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
