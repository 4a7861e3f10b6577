import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Layer, RecurrentInternals} from './layers-internals.js';
import {innerLayers, wrappedLayers} from './layers-internals.js';

/**
 * Lends the stateful recurrent layers of a model copies of their states, which a forward pass writes on.
 *
 * @returns what gives them their own states back, and disposes of the others.
 */
export function lendRecurrentStates(model: LayersModel): () => void {
  const giveBack: (() => void)[] = [];
  const visit = (layer: Layer) => {
    for (const inner of innerLayers(layer) ?? wrappedLayers(layer)) visit(inner);
    const recurrent = layer as unknown as RecurrentInternals;
    if (recurrent.stateful !== true || !Array.isArray(recurrent.states_)) return;
    const {states_, keptStates} = recurrent;
    recurrent.states_ = states_.map(state => tf.keep(state.clone()));
    recurrent.keptStates = [];
    giveBack.push(() => {
      tf.dispose([recurrent.states_, recurrent.keptStates] as Tensor[][][]);
      Object.assign(recurrent, {states_, keptStates});
    });
  };
  for (const layer of new Set(model.layers)) visit(layer);
  return () => {
    for (const each of giveBack) each();
  };
}
