import type {Variable} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import type {Layer} from './layers-internals.js';
import {innerLayers} from './layers-internals.js';

/** A layer that owns trainable weights, and the variables that hold them. */
export interface WeightedLayer {
  /** The layer's name; inside a nested model, `outer/inner`. */
  readonly name: string;
  readonly className: string;
  readonly variables: readonly NamedVariable[];
}

export interface NamedVariable {
  readonly name: string;
  readonly variable: Variable;
}

/** The variables of some layers, one layer's after the other's: the order in which vectors are flattened. */
export function variablesOf(layers: readonly WeightedLayer[]): Variable[] {
  return layers.flatMap(({variables}) => variables.map(({variable}) => variable));
}

/**
 * The layers of a model that own trainable weights, in the model's order. Their weights, one after the other, are
 * `model.trainableWeights`.
 *
 * A layer that stands in several places is one layer, where it stands first.
 *
 * @throws InvalidArgumentError where there is none.
 */
export function weightedLayers(model: LayersModel): WeightedLayer[] {
  const seen = new Set<Variable>();
  const found: WeightedLayer[] = [];
  const visit = (layer: Layer, path: string) => {
    const inner = innerLayers(layer);
    if (inner !== null) {
      if (layer.trainable) for (const child of inner) visit(child, `${path}${layer.name}/`);
      return;
    }
    const variables = layer.trainableWeights
      .map(weight => ({name: weight.name, variable: weight.read() as Variable}))
      .filter(({variable}) => !seen.has(variable));
    for (const {variable} of variables) seen.add(variable);
    if (variables.length > 0) found.push({name: path + layer.name, className: layer.getClassName(), variables});
  };
  for (const layer of model.trainable ? model.layers : []) visit(layer, '');
  if (found.length === 0) {
    throw new InvalidArgumentError(
      `Model "${model.name}" has no trainable weights: build it, and leave at least one layer trainable.`,
    );
  }
  return found;
}
