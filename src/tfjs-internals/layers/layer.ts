import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel, layers} from '@tensorflow/tfjs-layers';

export type Layer = layers.Layer;

/** Calls a layer with its inputs and keywords. */
export type Call = (inputs: Tensor | Tensor[], keywords: Record<string, unknown>) => Tensor | Tensor[];

/** The private members of a layer that this package uses. */
export interface LayerInternals {
  /** The regularizers of its weights, as functions without arguments. */
  readonly losses: (() => Scalar)[];
  call: Call;
  /** The activation that it ends in. */
  activation?: {getClassName(): string} | null;
  /** A recurrent layer's cell. */
  readonly cell?: CellInternals;
}

/** A recurrent layer's cell, which draws its dropout when it has none. */
export interface CellInternals {
  dropoutMask?: Tensor | Tensor[] | null;
  recurrentDropoutMask?: Tensor | Tensor[] | null;
  readonly cells?: readonly CellInternals[];
}

/** A recurrent layer; a stateful one begins each batch with the states in which the batch before has left it. */
export interface RecurrentInternals {
  readonly stateful?: boolean;
  states_?: Tensor[] | null;
  /** States of earlier batches, kept for the backward pass. */
  keptStates?: Tensor[][];
}

/** A normalization layer. */
export interface NormalizationInternals {
  readonly axis: number | number[];
  readonly scale: boolean;
  readonly center: boolean;
}

/** The private members of a layer. */
export function internalsOf(layer: Layer): LayerInternals {
  return layer as unknown as LayerInternals;
}

/** The private members of a layer that may be recurrent. */
export function recurrentInternals(layer: Layer): RecurrentInternals {
  return layer as unknown as RecurrentInternals;
}

/** The private members of a layer of class `BatchNormalization` or `LayerNormalization`. */
export function normalizationInternals(layer: Layer): NormalizationInternals {
  return layer as unknown as NormalizationInternals;
}

/** The layers inside a layer that is a model itself; `null` for any other. */
export function innerLayers(layer: Layer): Layer[] | null {
  const inner = (layer as Partial<LayersModel>).layers;
  return Array.isArray(inner) ? inner : null;
}

/** The layers that a wrapper such as `TimeDistributed` or `Bidirectional` calls. */
export function wrappedLayers(layer: Layer): Layer[] {
  const wrapper = layer as unknown as Partial<Record<'layer' | 'forwardLayer' | 'backwardLayer', Layer>>;
  return [wrapper.layer, wrapper.forwardLayer, wrapper.backwardLayer].filter(inner => inner !== undefined);
}

/** The activations, regularizers and constraints of a layer. */
export function layerParts(layer: Layer): {getClassName(): string}[] {
  const owners = [layer, internalsOf(layer).cell].filter(owner => owner !== undefined && owner !== null);
  return owners
    .flatMap(owner => Object.entries(owner))
    .filter(
      ([name, part]) => /activation|regularizer|constraint$/i.test(name) && typeof part?.getClassName === 'function',
    )
    .map(([, part]) => part);
}

/** The recurrent layers that begin a batch with the states in which the batch before has left them. */
export function statefulLayers(layers: readonly Layer[]): Layer[] {
  return layers.flatMap(layer => {
    const inner = statefulLayers(innerLayers(layer) ?? wrappedLayers(layer));
    return recurrentInternals(layer).stateful === true ? [layer, ...inner] : inner;
  });
}
