import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import {offTape} from '../tfjs-internals/core/tape.js';
import {innerLayers, type Layer, wrappedLayers} from '../tfjs-internals/layers/layer.js';
import {replaceApply, replaceCall} from '../tfjs-internals/layers/layer-calls.js';
import type {KerasVersion} from './layer-config.js';
import {KerasMasking} from './layers/masking.js';
import {stepMask} from './step-mask.js';

type Mask = tf.Tensor | null;
type Keywords = Record<string, unknown>;

/** The mask of a tensor that a layer of the model returned; `null` if it has none. */
export type MaskOf = (tensor: tf.Tensor) => Mask;

/**
 * Makes the layers of a model pass masks as Keras does, if the model makes any.
 *
 * tfjs-layers itself gives a layer only the mask of its first input, gives this mask to all later layers too, loses masks in some
 * layers, and merges masks differently.
 *
 * @returns the mask of each tensor; `null` for a model that makes no masks.
 */
export function followMasks(model: LayersModel, version: KerasVersion): MaskOf | null {
  const all = new Set(everyLayer(model.layers));
  if (![...all].some(makesMask)) return null;
  const masks = new WeakMap<tf.Tensor, tf.Tensor>();
  const maskOf: MaskOf = tensor => masks.get(tensor) ?? null;
  for (const layer of all) follow(layer, version, masks, maskOf);
  return maskOf;
}

function everyLayer(layers: readonly Layer[]): Layer[] {
  return layers.flatMap(layer => [layer, ...everyLayer(innerLayers(layer) ?? [])]);
}

function makesMask(layer: Layer): boolean {
  const className = layer.getClassName();
  return (
    className === 'KerasMasking' ||
    (className === 'Embedding' && (layer as Layer & {maskZero?: boolean}).maskZero === true)
  );
}

function follow(layer: Layer, version: KerasVersion, masks: WeakMap<tf.Tensor, tf.Tensor>, maskOf: MaskOf): void {
  const rule = maskRule(layer, version);
  // Turns off what tfjs-layers does with masks.
  layer.supportsMasking = false;
  replaceApply(layer, apply => (inputs, keywords) => {
    const list = [inputs].flat() as tf.Tensor[];
    if (!(list[0] instanceof tf.Tensor)) return apply(inputs, keywords);
    const own = list.map(maskOf);
    const {mask: _, ...others} = (keywords ?? {}) as Keywords;
    const masked = own.some(each => each !== null);
    if (masked && rule.refuses) {
      throw new InvalidArgumentError(
        `Layer "${layer.name}" (${layer.getClassName()}) gets a mask, and ${rule.refuses}; build the model without the mask, or ` +
          'with another layer there.',
      );
    }
    const given = rule.given?.(own) ?? null;
    let output = apply(inputs, given === null ? others : {...others, mask: given}) as tf.Tensor | tf.Tensor[];
    if (masked && rule.afterwards) output = rule.afterwards(list, own, output);
    const first = [output].flat()[0]!;
    if (innerLayers(layer) !== null) {
      // The mask was disposed of with the other values of the model.
      if (maskOf(first)) {
        throw new InvalidArgumentError(
          `The nested model "${layer.name}" returns a masked tensor, which is not supported; put the layers that make the mask ` +
            'outside it.',
        );
      }
      return output;
    }
    const made = offTape(() => rule.made(list, own));
    if (made !== null) masks.set(first, made);
    return output;
  });
}

type Given = (masks: readonly Mask[]) => Mask | readonly Mask[];

interface MaskRule {
  /** Computes the mask of the layer's (first) output. */
  readonly made: (inputs: readonly tf.Tensor[], masks: readonly Mask[]) => Mask;
  /** The mask or masks that the layer is called with. */
  readonly given?: Given;
  /** The reason why the layer cannot have a mask. */
  readonly refuses?: string | undefined;
  readonly afterwards?: (
    inputs: readonly tf.Tensor[],
    masks: readonly Mask[],
    output: tf.Tensor | tf.Tensor[],
  ) => tf.Tensor | tf.Tensor[];
}

const none: MaskRule['made'] = () => null;
const same: MaskRule['made'] = (_, [mask]) => mask ?? null;
const first: Given = ([mask]) => mask ?? null;

/** The classes that pass a mask on unchanged. */
const THROUGH = new Set(
  'Activation ReLU KerasReLU LeakyReLU PReLU ELU KerasELU Dense Dropout SpatialDropout1D GaussianNoise GaussianDropout'
    .concat(' AlphaDropout LayerNormalization KerasLayerNormalization')
    .split(' '),
);
const MERGES = new Set('Add KerasSubtract Multiply Average Maximum Minimum'.split(' '));
const MASKED_MERGES = new Set('KerasMultiply KerasMaximum KerasMinimum'.split(' '));
const RECURRENT = new Set('SimpleRNN LSTM GRU KerasGRU RNN ConvLSTM2D'.split(' '));
/** The classes that `TimeDistributed` may call on each step of a masked sequence: they would not use the mask of the step. */
const STEP_BY_STEP = new Set([...THROUGH, 'Conv1D', 'Conv2D', 'Flatten', 'Reshape', 'Embedding']);

function maskRule(layer: Layer, version: KerasVersion): MaskRule {
  const className = layer.getClassName();
  if (layer instanceof KerasMasking) return {made: ([x]) => stepMask(x!, layer.maskValue)};
  if (className === 'Embedding') return {made: ([x]) => (makesMask(layer) ? tf.tidy(() => tf.notEqual(x!, 0)) : null)};
  if (className === 'Rescaling' || className === 'KerasIdentity') return {made: version === 3 ? same : none};
  if (THROUGH.has(className)) return {made: same};
  if (className === 'Softmax' || className === 'KerasSoftmax' || className === 'KerasBatchNormalization')
    return {made: same, given: first};
  if (className === 'KerasGlobalAveragePooling1D') return {made: none, given: first};
  if (MASKED_MERGES.has(className)) return {made: either, given: masks => masks};
  if (MERGES.has(className)) return {made: version === 3 ? either : both};
  if (className === 'Concatenate') {
    const {axis} = layer as Layer & {axis: number};
    return {made: (inputs, masks) => concatenated(inputs, masks, axis, version)};
  }
  if (RECURRENT.has(className)) return recurrent(layer as RecurrentLayer);
  if (className === 'Bidirectional') return recurrent(layer as RecurrentLayer, true);
  if (className === 'TimeDistributed') {
    const inner = wrappedLayers(layer)[0]!.getClassName();
    return {made: same, refuses: STEP_BY_STEP.has(inner) ? undefined : `it calls a ${inner} step by step`};
  }
  return custom(layer);
}

/** The rule of another class: its own `computeMask` if it supports masks, else the mask is lost. */
function custom(layer: Layer): MaskRule {
  if (!layer.supportsMasking || innerLayers(layer) !== null) return {made: none};
  const computeMask = layer.computeMask.bind(layer) as (x: unknown, mask: unknown) => Mask | Mask[];
  return {
    given: first,
    made: (inputs, masks) => {
      if (masks.every(mask => mask === null)) return null;
      const made = inputs.length === 1 ? computeMask(inputs[0], masks[0]) : computeMask(inputs, masks);
      return [made].flat()[0] ?? null;
    },
  };
}

/** Keras 2: a step is kept if all masks keep it. An input without a mask keeps all steps. */
function both(_: readonly tf.Tensor[], masks: readonly Mask[]): Mask {
  const given = masks.filter(mask => mask !== null);
  return given.length === 0 ? null : tf.tidy(() => given.reduce((a, b) => tf.logicalAnd(a, b)));
}

/** Keras 3: a step is kept if one mask keeps it. If an input has no mask, neither has the output. */
function either(_: readonly tf.Tensor[], masks: readonly Mask[]): Mask {
  if (masks.some(mask => mask === null)) return null;
  return tf.tidy(() => (masks as tf.Tensor[]).reduce((a, b) => tf.logicalOr(a, b)));
}

function concatenated(inputs: readonly tf.Tensor[], masks: readonly Mask[], axis: number, version: KerasVersion): Mask {
  if (masks.every(mask => mask === null)) return null;
  return tf.tidy(() => {
    const parts = inputs.map((x, i) => {
      const mask = masks[i] ?? null;
      const full = tf.cast(tf.onesLike(x), 'bool');
      return mask === null ? full : tf.logicalAnd(full, tf.expandDims(mask, -1));
    });
    const all = tf.concat(parts, axis < 0 ? axis + inputs[0]!.rank : axis);
    return version === 3 ? tf.any(all, -1) : tf.all(all, -1);
  });
}

type RecurrentLayer = Layer & {
  readonly returnSequences: boolean;
  readonly goBackwards?: boolean;
  readonly cell?: Layer;
};

function recurrent(layer: RecurrentLayer, both = false): MaskRule {
  const {returnSequences, goBackwards, cell} = layer;
  const stacked = cell?.getClassName() === 'StackedRNNCells';
  return {
    made: returnSequences ? same : none,
    given: first,
    // In that case tfjs-layers uses the first cell's state as the output of the last cell.
    refuses: stacked
      ? 'has several cells, with which tfjs-layers computes masked steps differently from Keras'
      : undefined,
    // Before the first unmasked step, Keras returns zeros and tfjs-layers returns the initial state.
    afterwards: (inputs, [mask], output) => {
      if (!mask) return output;
      // Inside Bidirectional, Keras returns zeros for masked steps.
      if (both && returnSequences && !Array.isArray(output) && inputs.length === 1) {
        return tf.tidy(() => tf.mul(output, tf.expandDims(tf.cast(mask, 'float32'), -1)));
      }
      if (inputs.length === 1 && !(both && returnSequences)) return output;
      if (both) {
        throw new InvalidArgumentError(
          `Layer "${layer.name}" (Bidirectional) gets a mask and has several outputs or initial states, which is not supported; ` +
            'use two layers, one with go_backwards, and a merge.',
        );
      }
      const [sequence, ...states] = [output].flat();
      const counted = tf.tidy(() => begun(mask, sequence!, returnSequences, goBackwards === true));
      return Array.isArray(output) ? [counted, ...states] : counted;
    },
  };
}

function begun(mask: tf.Tensor, output: tf.Tensor, sequences: boolean, backwards: boolean): tf.Tensor {
  const steps = tf.cast(mask, 'float32');
  const seen = sequences ? tf.cumsum(backwards ? tf.reverse(steps, 1) : steps, 1) : tf.sum(steps, 1);
  const factor = tf.cast(tf.greater(seen, 0), 'float32');
  return tf.mul(output, tf.reshape(factor, [...factor.shape, ...new Array<number>(output.rank - factor.rank).fill(1)]));
}

/** Calls a layer with a fixed `training`, whatever the model is called with. */
export function fixTraining(layer: Layer, training: boolean): void {
  replaceCall(layer, call => (inputs, keywords) => call(inputs, {...keywords, training}));
}

/**
 * Gives each layer its own copy of the keywords. tfjs-layers passes one object from layer to layer, and a recurrent layer leaves its
 * initial state in it.
 */
export function separateKeywords(model: LayersModel): void {
  for (const layer of new Set(everyLayer(model.layers))) {
    replaceApply(layer, apply => (inputs, keywords) => apply(inputs, keywords && {...keywords}));
  }
}
