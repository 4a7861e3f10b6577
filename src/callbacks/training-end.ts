import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type ModelInternals, trainingModel, watchTrainingFlag} from '../tfjs-internals/layers/model.js';

interface Watch {
  readonly listeners: Set<() => void>;
  readonly stop: () => void;
}

const watches = new WeakMap<object, Watch>();

/**
 * Calls `ended` when the `fit` of a model ends, also by an error, of which tfjs-layers does not tell callbacks.
 *
 * A model may have any number of listeners, which may leave in any order.
 *
 * @returns a function that ends the listening.
 */
export function whenTrainingEnds(model: LayersModel, ended: () => void): () => void {
  const target = trainingModel(model);
  const watch = watches.get(target) ?? begin(target);
  const {listeners, stop} = watch;
  // Two callers may pass the same function.
  const listener = () => ended();
  listeners.add(listener);
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    watches.delete(target);
    stop();
  };
}

function begin(target: ModelInternals): Watch {
  const listeners = new Set<() => void>();
  const stop = watchTrainingFlag(target, () => {
    for (const listener of [...listeners]) listener();
  });
  const watch = {listeners, stop};
  watches.set(target, watch);
  return watch;
}
