import type {LayersModel} from '@tensorflow/tfjs-layers';
import {trainingModel} from '../tfjs-internals/layers/model.js';

/** The `Sequential` around a functional model that trains for it. */
const sequentialOf = new WeakMap<object, LayersModel>();

/**
 * The model object that lives as long as the user's model.
 *
 * A `Sequential` makes a new functional model inside itself each time that it is compiled. That one does the training.
 */
export function lastingModel(model: LayersModel): LayersModel {
  return sequentialOf.get(model) ?? model;
}

/** Remembers which `Sequential` the functional model inside it belongs to. */
export function noteTrainingModel(model: LayersModel): void {
  const inner = trainingModel(model);
  if (inner !== (model as unknown)) sequentialOf.set(inner, model);
}
