import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, LayerVariable, layers} from '@tensorflow/tfjs-layers';

// The parts of tfjs-layers that this package needs and that its types keep to themselves: all of them are named here.

/** A model as its training step sees it. */
export interface ModelInternals {
  optimizer_: {
    minimize(loss: () => Scalar, returnCost: boolean, variables: Variable[]): Scalar | null;
    readonly iterations?: number;
  };
  metricsTensors: unknown[];
  lossFunctions: ((target: Tensor, prediction: Tensor) => Tensor)[];
  readonly inputNames: string[];
  readonly outputNames: string[];
  /** As it was compiled: a name or a function, or several. */
  readonly loss?: unknown;
  /** The shapes that inputs have. */
  readonly feedInputShapes: (number | null)[][];
  /** The shapes that targets have, once it is compiled. */
  readonly feedOutputShapes: (number | null)[][];
  /** The weights that a training step may move: those that were trainable when the model was compiled. */
  collectedTrainableWeights?: LayerVariable[];
  /** True while `fit` or `fitDataset` runs. */
  isTraining: boolean;
  calculateLosses(): Scalar[];
  makeTrainFunction(): (data: (Tensor | null)[]) => (Tensor | null)[];
  standardizeUserDataXY(x: unknown, y: unknown, checkBatchAxis?: boolean, batchSize?: number): [Tensor[], Tensor[]];
}

export type Layer = layers.Layer;

/** A layer as it is called. */
export interface LayerInternals {
  /** The regularizers of its weights, as functions of nothing. */
  readonly losses: (() => Scalar)[];
  call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor | Tensor[];
}

/** The model that trains: a `Sequential` hands its work to a functional model inside it. */
export function trainingModel(model: LayersModel): ModelInternals {
  const inner = (model as unknown as {model?: LayersModel}).model;
  return (inner ?? model) as unknown as ModelInternals;
}

/** The layers of a model that trains. */
export function layersOf(model: ModelInternals): Layer[] {
  return (model as unknown as LayersModel).layers;
}

/** The layers inside a layer that is a model itself; `null` for any other. */
export function innerLayers(layer: Layer): Layer[] | null {
  const inner = (layer as Partial<LayersModel>).layers;
  return Array.isArray(inner) ? inner : null;
}

/** A recurrent layer that goes on, in each batch, from the states in which the one before has left it. */
export interface RecurrentInternals {
  readonly stateful?: boolean;
  states_?: Tensor[] | null;
  /** States of earlier batches, kept for the backward pass. */
  keptStates?: Tensor[][];
}

/** A recurrent layer's cell, which draws its dropout when it has none. */
interface CellInternals {
  dropoutMask?: Tensor | Tensor[] | null;
  recurrentDropoutMask?: Tensor | Tensor[] | null;
  readonly cells?: readonly CellInternals[];
}

/** Has an `RNN` of cells draw the dropout of each batch, which it does once for all batches. */
export function drawDropoutAnew(layer: Layer): void {
  const target = layer as unknown as LayerInternals & {readonly cell: CellInternals};
  const call = target.call.bind(layer);
  target.call = (inputs, keywords) => {
    for (const cell of [target.cell, ...(target.cell.cells ?? [])]) {
      tf.dispose([cell.dropoutMask ?? [], cell.recurrentDropoutMask ?? []]);
      cell.dropoutMask = null;
      cell.recurrentDropoutMask = null;
    }
    return call(inputs, keywords);
  };
}

/** The recurrent layers that go on from the states in which a batch has left them. */
export function statefulLayers(layers: readonly Layer[]): Layer[] {
  return layers.flatMap(layer => {
    const inner = statefulLayers(innerLayers(layer) ?? wrappedLayers(layer));
    return (layer as unknown as RecurrentInternals).stateful === true ? [layer, ...inner] : inner;
  });
}

/** What a normalization layer is made of. */
export interface NormalizationInternals {
  readonly axis: number | number[];
  readonly scale: boolean;
  readonly center: boolean;
}

/** The layers that a wrapper such as `TimeDistributed` or `Bidirectional` calls. */
export function wrappedLayers(layer: Layer): Layer[] {
  const wrapper = layer as unknown as Partial<Record<'layer' | 'forwardLayer' | 'backwardLayer', Layer>>;
  return [wrapper.layer, wrapper.forwardLayer, wrapper.backwardLayer].filter(inner => inner !== undefined);
}

/** Has a compiled model take integer labels for an output, as it does by itself for its own sparse loss alone. */
export function expectSparseTargets(model: LayersModel, output: number): void {
  const {feedOutputShapes} = trainingModel(model);
  const shape = model.outputs[output]!.shape;
  feedOutputShapes[output] = [...shape.slice(0, -1), 1];
}

/** The shapes, batch first, that a compiled model's targets have. */
export function targetShapes(model: LayersModel): (number | null)[][] {
  return trainingModel(model).feedOutputShapes;
}

/** The names of a model's outputs, by which losses are given: those of the layers that they come from. */
export function outputNames(model: LayersModel): readonly string[] {
  return model.outputs.map(({sourceLayer}) => sourceLayer.name);
}

type Call = (inputs: Tensor | Tensor[], keywords: Record<string, unknown>) => Tensor;

/**
 * Replaces the call of a layer that ends in an activation by one made of the call without it.
 *
 * @param make is handed the call without the activation and the activation's name; `null` leaves the layer as it is.
 */
export function withoutActivation(layer: Layer, make: (call: Call, activation: string) => Call | null): void {
  const target = layer as unknown as LayerInternals & {activation?: {getClassName(): string} | null};
  const {activation} = target;
  if (!activation || typeof activation.getClassName !== 'function') return;
  const call = target.call.bind(layer);
  const linear = {getClassName: () => 'linear', apply: (x: Tensor) => x};
  const made = make((inputs, keywords) => {
    target.activation = linear;
    try {
      return call(inputs, keywords) as Tensor;
    } finally {
      target.activation = activation;
    }
  }, activation.getClassName());
  if (made !== null) target.call = made;
}
