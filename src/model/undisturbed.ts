import * as tf from '@tensorflow/tfjs-core';
import type {Variable} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {randomBits, uniform} from '../random.js';
import {replace} from './data-loss.js';
import type {Layer, LayerInternals} from './layers-internals.js';
import {innerLayers} from './layers-internals.js';

export interface UndisturbedArgs {
  /** What the layers of the model are called with in place of `training: true`. */
  readonly training: boolean;
  /** Seeds what layers such as dropout draw meanwhile. */
  readonly seed: number;
}

/**
 * Runs a model's training step so that nothing of it stays: moving averages are put back, and random draws come from a
 * generator of their own, so that the sequence that training draws from goes on as if nothing had been.
 *
 * @param body runs synchronously; it is handed a function that names the layer that is running.
 */
export function undisturbed<T>(
  model: LayersModel,
  {training, seed}: UndisturbedArgs,
  body: (currentLayer: () => string | null) => T,
): T {
  const running: string[] = [];
  const undo: (() => void)[] = [];
  const state = model.weights
    .filter(weight => !model.trainableWeights.includes(weight))
    .map(weight => {
      const variable = weight.read() as Variable;
      return {variable, before: tf.keep(variable.clone())};
    });
  try {
    undo.push(replace(Math, {random: seededRandom(seed)}));
    const watch = (layer: Layer, path: string, depth: number) => {
      const inner = innerLayers(layer);
      const name = path + layer.name;
      for (const child of inner ?? []) watch(child, `${name}/`, depth + 1);
      const target = layer as unknown as LayerInternals;
      const call = target.call;
      undo.push(
        replace(target, {
          call(inputs, kwargs) {
            if (inner === null) running.push(name);
            try {
              // Only the outermost layers are told whether this is training: a nested model does not pass it on.
              const told = depth === 0 && kwargs && 'training' in kwargs ? {...kwargs, training} : kwargs;
              return call.call(this, inputs, told);
            } finally {
              if (inner === null) running.pop();
            }
          },
        }),
      );
    };
    for (const layer of new Set(model.layers)) watch(layer, '', 0);
    return body(() => running.at(-1) ?? null);
  } finally {
    for (const step of undo.reverse()) step();
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
