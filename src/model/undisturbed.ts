import type {Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {randomBits, uniform} from '../random.js';
import {abandonTape} from '../tfjs-internals/core/tape.js';
import {lendRecurrentStates} from '../tfjs-internals/layers/recurrent-states.js';
import {replaceMathRandom} from '../tfjs-internals/math-random.js';
import {watchRunningLayer} from './running-layer.js';
import {explained} from './tensorflow-limits.js';

export interface UndisturbedArgs {
  /** Replaces the `training: true` of the model's layers. */
  readonly training: boolean;
  /** The seed of layers such as dropout. */
  readonly seed: number;
}

/**
 * Runs a function that calls a model's training step, without a trace in the model.
 *
 * Moving averages and the states of recurrent layers are restored. Random numbers come from a generator of their own, so
 * the random sequence of the training stays as it was.
 *
 * @param body runs synchronously. It gets a function that names the running layer.
 * @throws the errors of TensorFlow.js as errors of this package, which name the layer where it is known.
 */
export function undisturbed<T>(
  model: LayersModel,
  {training, seed}: UndisturbedArgs,
  body: (currentLayer: () => string | null) => T,
): T {
  const state = model.weights
    .filter(weight => !model.trainableWeights.includes(weight))
    .map(weight => {
      const variable = weight.read() as Variable;
      return {variable, before: tf.keep(variable.clone())};
    });
  const returnStates = lendRecurrentStates(model);
  const restoreRandom = replaceMathRandom(seededRandom(seed));
  const running = watchRunningLayer(model, {training});
  try {
    return body(running.name);
  } catch (error) {
    abandonTape();
    throw explained(error, model, running.failed());
  } finally {
    running.release();
    restoreRandom();
    returnStates();
    for (const {variable, before} of state) {
      if (variable.dataId !== before.dataId) variable.assign(before);
      before.dispose();
    }
  }
}

/** A seeded replacement of `Math.random`. */
export function seededRandom(seed: number): () => number {
  const bits = randomBits(seed, 0);
  return () => uniform(bits);
}
