import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {patch} from '../patch.js';
import {type Undo, undoAll} from '../undo.js';
import {innerLayers, type Layer, recurrentInternals, statefulLayers, wrappedLayers} from './layer.js';

/**
 * Lends the stateful recurrent layers of a model copies of their states, which a forward pass writes on.
 *
 * The undo restores their own states and disposes of the copies.
 */
export function lendRecurrentStates(model: LayersModel): Undo {
  const undos: Undo[] = [];
  const visit = (layer: Layer) => {
    for (const inner of innerLayers(layer) ?? wrappedLayers(layer)) visit(inner);
    const recurrent = recurrentInternals(layer);
    if (recurrent.stateful !== true || !Array.isArray(recurrent.states_)) return;
    const copies = recurrent.states_.map(state => tf.keep(state.clone()));
    const restore = patch(recurrent, {states_: copies, keptStates: []});
    undos.push(() => {
      tf.dispose([recurrent.states_, recurrent.keptStates] as Tensor[][][]);
      restore();
    });
  };
  for (const layer of new Set(model.layers)) visit(layer);
  return undoAll(undos);
}

/** The states of all stateful recurrent layers, one list. */
export function statesOf(layers: readonly Layer[]): Tensor[] {
  return statefulRecurrent(layers).flatMap(({states_}) => states_ ?? []);
}

/**
 * Gives the stateful recurrent layers new states, in the order of `statesOf`. They take over the tensors, and dispose of their
 * former states.
 */
export function setRecurrentStates(layers: readonly Layer[], states: readonly Tensor[]): void {
  let next = 0;
  for (const recurrent of statefulRecurrent(layers)) {
    const former = recurrent.states_ ?? [];
    recurrent.states_ = former.map(() => tf.keep(states[next++]!));
    tf.dispose(former);
  }
}

function statefulRecurrent(layers: readonly Layer[]) {
  return [...new Set(statefulLayers(layers))].map(recurrentInternals);
}
