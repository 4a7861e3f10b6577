import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../errors.js';
import {lastingModel} from '../lasting-model.js';
import type {PackedTensor} from './packed-tensors.js';

/** The loss of a model by name, as it is sent to another thread; `null` if it is a function, which cannot be sent. */
export type NamedLoss = string | string[] | {[outputName: string]: string} | null;

/** A model as a message to another thread: what is needed to compute its loss. */
export interface SentModel {
  /** The JSON of the model, without weights. */
  readonly topology: string;
  readonly loss: NamedLoss;
  /** All weights, in an order that does not depend on which of them are trainable. */
  readonly weights: readonly PackedTensor[];
  /** For each weight, whether a training step changes it. */
  readonly moved: readonly boolean[];
}

/** The JSON of a model, with the layer names of a Sequential itself, not those of the model inside it that trains. */
export function topologyOf(model: LayersModel): string {
  const {name} = lastingModel(model);
  try {
    return JSON.stringify(lastingModel(model).toJSON(null, false));
  } catch (error) {
    throw new InvalidArgumentError(
      `Model "${name}" cannot be sent to a worker: ${(error as Error).message} Layers of your own need a getConfig().`,
      {cause: error},
    );
  }
}

/** The loss of a model by name, for another thread; `null` if it is a function. */
export function nameOfLoss({loss}: LayersModel): NamedLoss {
  const names = typeof loss === 'string' ? [loss] : Object.values(loss ?? {});
  return names.length > 0 && names.every(name => typeof name === 'string') ? (loss as NamedLoss) : null;
}
