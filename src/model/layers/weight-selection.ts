import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {GenericSchema} from 'valibot';
import {union} from 'valibot';
import {mustBe} from '../../arguments/check.js';
import {oneOf, wholeNumber} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import type {LayerSelection} from './layer-selection.js';
import {selectionOf} from './layer-selection.js';
import type {Trainer, WeightedLayer} from './weighted-layers.js';
import {selectTrained, weightedLayers} from './weighted-layers.js';

/**
 * Selects layers as a {@link LayerSelection} does, or the weights in the middle: `{middle: 'half'}` are the weights of index ⌊n/4⌋ to
 * ⌊3n/4⌋ of a model's n trainable weights (kernels, biases and others, each counted as one). A layer at either end may have only
 * some of its weights among them.
 */
export type WeightSelection = LayerSelection<WeightedLayer> | {readonly middle: 'half'};

const RULE = "'all', 'middle', {middle: n}, {middle: 'half'}, a list of names, or a predicate";

/** The schema of a selection. Whether the layers exist is checked by `selectTrainedWeights`. */
export function weightSelection(): GenericSchema<WeightSelection> {
  return selectionOf<WeightedLayer, {readonly middle: number} | {readonly middle: 'half'}>(RULE, middleSchema);
}

const middleSchema = optionsOf<{readonly middle: number | 'half'}>('layers: {middle}')({
  middle: union([wholeNumber(), oneOf(['half'])], mustBe("a whole number of at least 1, or 'half'")),
}).schema as GenericSchema<{readonly middle: number} | {readonly middle: 'half'}>;

/** Whether it is `{middle: 'half'}`. */
export function isMiddleHalf(selection: WeightSelection): selection is {readonly middle: 'half'} {
  return typeof selection === 'object' && 'middle' in selection && selection.middle === 'half';
}

/**
 * The selected layers among those whose weights a training step moves now, each with its selected weights.
 *
 * @throws InvalidArgumentError as `selectLayers` does. The message says whether a layer is frozen.
 */
export function selectTrainedWeights(
  model: LayersModel,
  selection: WeightSelection,
  trainer: Trainer = 'fit',
): WeightedLayer[] {
  return isMiddleHalf(selection)
    ? middleHalf(weightedLayers(model, trainer))
    : selectTrained(model, selection, trainer);
}

/** The layers with the weights of index ⌊n/4⌋ to ⌊3n/4⌋, as in the code of Sankar et al. (AAAI 2021). */
export function middleHalf(layers: readonly WeightedLayer[]): WeightedLayer[] {
  const count = layers.reduce((sum, {variables}) => sum + variables.length, 0);
  const [from, to] = [Math.floor(count / 4), Math.floor((3 * count) / 4)];
  let index = 0;
  return layers.flatMap(layer => {
    const variables = layer.variables.filter(() => {
      const isIn = index >= from && index <= to;
      index++;
      return isIn;
    });
    return variables.length === 0 ? [] : [{...layer, variables}];
  });
}
