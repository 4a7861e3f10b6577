import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type ModelInternals, trainingModel, watchTrainingFlag} from '../tfjs-internals/layers/model.js';

interface Watch {
  readonly listeners: Set<() => void>;
  readonly stop: () => void;
}

const watches = new WeakMap<object, Watch>();

/**
 * Calls back when a model's `fit` is over, also by an error, of which callbacks are not told. Any number may watch a model,
 * and leave in any order.
 *
 * @returns what ends the watch.
 */
export function whenTrainingEnds(model: LayersModel, ended: () => void): () => void {
  const target = trainingModel(model);
  const watch = watches.get(target) ?? begin(target);
  const {listeners, stop} = watch;
  // Two watchers may bring the same function.
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
