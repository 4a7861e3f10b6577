import type {Variable} from '@tensorflow/tfjs-core';
import type {LayersModel, LayerVariable} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../errors.js';
import {collectTrainableWeights, trainingModel} from '../../tfjs-internals/layers/model.js';
import {warn} from '../../warnings.js';
import {lastingModel} from '../lasting-model.js';
import {requireModel} from '../model-argument.js';
import type {LayerSelection} from './layer-selection.js';
import {selectLayers} from './layer-selection.js';
import {unknownLayer} from './unknown-layer.js';
import type {WeightOwner} from './weight-owners.js';
import {weightOwners} from './weight-owners.js';

/** A layer that owns trainable weights, and the variables that hold them. */
export interface WeightedLayer {
  /** The layer's name; inside a nested model, `outer/inner`. */
  readonly name: string;
  readonly className: string;
  readonly variables: readonly NamedVariable[];
}

/** A trainable weight, by its name. */
export interface NamedVariable {
  readonly name: string;
  /** The layer's name and the weight's own, whatever other models there are in the process: `dense_1/kernel`. */
  readonly path: string;
  readonly variable: Variable;
}

/**
 * The code that runs the training steps. `fit` moves the weights that were trainable when the model was compiled. The user's
 * own loop is assumed to move the weights that are trainable now.
 */
export type Trainer = 'fit' | 'own loop';

/** The variables of some layers, layer by layer. Vectors are flattened in this order. */
export function variablesOf(layers: readonly WeightedLayer[]): Variable[] {
  return layers.flatMap(({variables}) => variables.map(({variable}) => variable));
}

/**
 * The layers whose weights a training step moves now, in the model's order, each with these weights. Together these are the
 * `model.trainableWeights` at the time when the model was compiled, in the same order.
 *
 * A shared layer counts once, at its first place. For a model that is not compiled, the trainable weights count.
 *
 * @throws InvalidArgumentError if there is none.
 */
export function weightedLayers(model: LayersModel, trainer: Trainer = 'fit'): WeightedLayer[] {
  requireModel(model);
  const owners = weightOwners(model);
  const moved = new Set(movedWeights(model, trainer));
  const found = owners.flatMap(({name, className, weights}) => {
    const own = weights.filter(weight => moved.has(weight));
    if (own.length === 0) return [];
    const variables = own.map(weight => ({
      name: weight.name,
      path: pathOf(name, weight),
      variable: variableOf(weight),
    }));
    return [{name, className, variables}];
  });
  if (found.length === 0) {
    throw new InvalidArgumentError(
      `Model "${lastingModel(model).name}" has no trainable weights: build it, leave at least one layer trainable, and then compile it.`,
    );
  }
  warnOfIgnoredFreeze(model, owners, moved);
  return found;
}

/** The names of the layers with weights of which a training step moves none now. */
export function frozenLayers(model: LayersModel, trainer: Trainer = 'fit'): string[] {
  const moved = new Set(movedWeights(model, trainer));
  return weightOwners(model).flatMap(({name, weights}) => (weights.some(weight => moved.has(weight)) ? [] : [name]));
}

/**
 * The selected layers among those whose weights a training step moves now.
 *
 * @throws InvalidArgumentError as `selectLayers` does. The message says whether a layer is frozen.
 */
export function selectTrained(
  model: LayersModel,
  selection: LayerSelection<WeightedLayer>,
  trainer: Trainer = 'fit',
): WeightedLayer[] {
  return selectLayers(weightedLayers(model, trainer), selection, frozenLayers(model, trainer));
}

/**
 * The layer with a name, if a training step moves its weights now.
 *
 * @throws InvalidArgumentError for an unknown name, and for a frozen layer.
 */
export function weightedLayer(model: LayersModel, name: string): WeightedLayer {
  const layers = weightedLayers(model);
  const found = layers.find(layer => layer.name === name);
  if (found === undefined) throw unknownLayer(name, layers, frozenLayers(model));
  return found;
}

/**
 * The weights that a training step moves: those that were trainable when the model was compiled and have not been frozen
 * since.
 */
export function movedWeights(model: LayersModel, trainer: Trainer = 'fit'): LayerVariable[] {
  const {collectedTrainableWeights} = trainingModel(model);
  const weights = trainer === 'fit' ? (collectedTrainableWeights ?? model.trainableWeights) : model.trainableWeights;
  return weights.filter(weight => variableOf(weight).trainable);
}

/** Makes the training steps of a compiled model move only these of its weights. */
export function trainOnly(model: LayersModel, weights: LayerVariable[]): void {
  for (const weight of weights) variableOf(weight).trainable = true;
  collectTrainableWeights(model, weights);
}

/** A weight's name begins with that of its layer, without the models around it. */
function pathOf(layer: string, {originalName}: LayerVariable): string {
  const scope = `${layer.slice(layer.lastIndexOf('/') + 1)}/`;
  return `${layer}/${originalName.startsWith(scope) ? originalName.slice(scope.length) : originalName}`;
}

function variableOf(weight: LayerVariable): Variable {
  return weight.read() as Variable;
}

const warnedOf = new WeakMap<LayersModel, string>();

/** Warns once of each model if TensorFlow.js ignores `trainable = false`, and again if other layers are affected. */
function warnOfIgnoredFreeze(
  model: LayersModel,
  owners: readonly WeightOwner[],
  moved: ReadonlySet<LayerVariable>,
): void {
  const ignored = owners.filter(({isFrozen, weights}) => isFrozen && weights.some(weight => moved.has(weight)));
  const names = ignored.map(({name}) => name).join(', ');
  const target = lastingModel(model);
  if (names === '' || warnedOf.get(target) === names) return;
  warnedOf.set(target, names);
  warn(
    'ignored-setting',
    `TensorFlow.js trains layers of model "${target.name}" that are frozen: ${names}. Training moves their weights, so the ` +
      'curvature has them. A model that is the first layer of a Sequential becomes a part of it, and its own trainable = false ' +
      'is lost. Set trainable = false on these layers themselves, and then call compile().',
  );
}
