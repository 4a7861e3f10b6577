import type {LayersModel, LayerVariable} from '@tensorflow/tfjs-layers';
import type {Layer} from '../../tfjs-internals/layers/layer.js';
import {innerLayers} from '../../tfjs-internals/layers/layer.js';
import {layersOf, trainingModel} from '../../tfjs-internals/layers/model.js';
import {lastingModel} from '../lasting-model.js';

/** A layer that owns weights, trainable or not. */
export interface WeightOwner {
  /** The layer's name; inside a nested model, `outer/inner`. */
  readonly name: string;
  readonly className: string;
  readonly weights: readonly LayerVariable[];
  /** Whether the layer, or a model that it lies in, has `trainable` set to false. */
  readonly isFrozen: boolean;
}

/**
 * The layers of a model that own weights, in the model's order. A shared layer counts once, at its first place.
 *
 * A `Sequential` and the functional model that trains for it have the same layers with the same names. But if the first layer
 * of the `Sequential` is a model, the functional model has the layers of that model among its own.
 */
export function weightOwners(model: LayersModel): WeightOwner[] {
  const seen = new Set<LayerVariable>();
  const owners: WeightOwner[] = [];
  const visit = (layer: Layer, path: string, isInFrozen: boolean) => {
    const isFrozen = isInFrozen || !layer.trainable;
    const inner = innerLayers(layer);
    if (inner !== null) {
      for (const child of inner) visit(child, `${path}${layer.name}/`, isFrozen);
      return;
    }
    const weights = layer.weights.filter(weight => !seen.has(weight));
    for (const weight of weights) seen.add(weight);
    if (weights.length > 0) owners.push({name: path + layer.name, className: layer.getClassName(), weights, isFrozen});
  };
  const named = lastingModel(model);
  for (const layer of named.layers) visit(layer, '', !named.trainable);
  // A layer that was removed from a `Sequential` still trains, until the `Sequential` is compiled again.
  for (const layer of layersOf(trainingModel(model))) visit(layer, '', false);
  return owners;
}

/** All weights of a model, in an order that does not depend on which are trainable. */
export function weightsInOrder(model: LayersModel): LayerVariable[] {
  return weightOwners(model).flatMap(({weights}) => [...weights].sort((a, b) => a.id - b.id));
}
