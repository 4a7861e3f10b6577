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
  /** What the layers of the model are called with in place of `training: true`. */
  readonly training: boolean;
  /** Seeds what layers such as dropout draw meanwhile. */
  readonly seed: number;
}

/**
 * Runs a model's training step so that nothing of it stays: moving averages and the states of recurrent layers are put
 * back, and random draws come from a generator of their own, so that the sequence that training draws from goes on as if
 * nothing had been.
 *
 * @param body runs synchronously; it is handed a function that names the layer that is running. What TensorFlow.js throws in
 *     it is thrown as an error of ours that names the layer, where that is known.
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

/** A stand-in for `Math.random`. */
function seededRandom(seed: number): () => number {
  const bits = randomBits(seed, 0);
  return () => uniform(bits);
}
