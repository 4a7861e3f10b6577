import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {ModelInternals} from '../model/layers-internals.js';
import {trainingModel} from '../model/layers-internals.js';

const listenersOf = new WeakMap<object, Set<() => void>>();

/**
 * Calls back when a model's `fit` is over, also by an error, of which callbacks are not told: tfjs-layers then sets
 * `isTraining` to false. Any number may watch a model, and leave in any order.
 *
 * @returns what ends the watch.
 */
export function whenTrainingEnds(model: LayersModel, ended: () => void): () => void {
  const target = trainingModel(model);
  const listeners = listenersOf.get(target) ?? watch(target);
  // Two watchers may bring the same function.
  const listener = () => ended();
  listeners.add(listener);
  return () => {
    if (listeners.delete(listener) && listeners.size === 0) unwatch(target);
  };
}

function watch(target: ModelInternals): Set<() => void> {
  const listeners = new Set<() => void>();
  listenersOf.set(target, listeners);
  let {isTraining} = target;
  Object.defineProperty(target, 'isTraining', {
    configurable: true,
    enumerable: true,
    get: () => isTraining,
    set: (now: boolean) => {
      isTraining = now;
      if (!now) for (const listener of [...listeners]) listener();
    },
  });
  return listeners;
}

function unwatch(target: ModelInternals): void {
  listenersOf.delete(target);
  const value = target.isTraining;
  Object.defineProperty(target, 'isTraining', {value, writable: true, enumerable: true, configurable: true});
}
