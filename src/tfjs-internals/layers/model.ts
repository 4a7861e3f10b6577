import type {Optimizer, Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import type {LayersModel, LayerVariable} from '@tensorflow/tfjs-layers';
import {patch} from '../patch.js';
import type {Undo} from '../undo.js';
import type {Layer} from './layer.js';

/** The private members of a model that trains. */
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

/** The model that trains: a `Sequential` hands its work to a functional model inside it. */
export function trainingModel(model: LayersModel): ModelInternals {
  const inner = (model as unknown as {model?: LayersModel}).model;
  return (inner ?? model) as unknown as ModelInternals;
}

/** The public side of a model that trains. */
export function publicModel(model: ModelInternals): LayersModel {
  return model as unknown as LayersModel;
}

/** The layers of a model that trains. */
export function layersOf(model: ModelInternals): Layer[] {
  return publicModel(model).layers;
}

/** The loss that a model is compiled with: a name or a function, or several. */
export function compiledLoss(model: LayersModel): unknown {
  return (model as unknown as {readonly loss: unknown}).loss;
}

/** The metrics that a model is compiled with: names or functions, in lists or by output; `undefined` for none. */
export function compiledMetrics(model: LayersModel): unknown {
  return (model as unknown as {readonly metrics?: unknown}).metrics;
}

/** The variables that the training step of a compiled model moves. */
export function trainedVariables({collectedTrainableWeights = []}: ModelInternals): Variable[] {
  return collectedTrainableWeights.map(weight => weight.read() as Variable);
}

/** Makes a compiled model accept integer labels for an output, as it does by itself for its own sparse loss only. */
export function expectSparseTargets(model: LayersModel, output: number): void {
  const {feedOutputShapes} = trainingModel(model);
  const shape = model.outputs[output]!.shape;
  feedOutputShapes[output] = [...shape.slice(0, -1), 1];
}

/** The shapes, batch first, that a compiled model's targets have. */
export function targetShapes(model: LayersModel): (number | null)[][] {
  return trainingModel(model).feedOutputShapes;
}

/** Gives a compiled model the shapes of targets of another compiled model with the same outputs. */
export function copyTargetShapes(from: LayersModel, to: LayersModel): void {
  trainingModel(to).feedOutputShapes.splice(0, Number.POSITIVE_INFINITY, ...targetShapes(from));
}

/** The optimizer of a compiled model; `null` for a model that is not compiled. */
export function optimizerOf(model: LayersModel): Optimizer | null {
  return (trainingModel(model).optimizer_ as unknown as Optimizer | undefined) ?? null;
}

/** Gives a compiled model another optimizer. The caller owns both. */
export function replaceOptimizer(model: LayersModel, optimizer: Optimizer): void {
  publicModel(trainingModel(model)).optimizer = optimizer;
}

/** The names of a model's outputs, by which losses are given: those of the layers that they come from. */
export function outputNames(model: LayersModel): readonly string[] {
  return model.outputs.map(({sourceLayer}) => sourceLayer.name);
}

/** Makes a compiled model's training steps move these weights only. Compiling the model again ends that. */
export function collectTrainableWeights(model: LayersModel, weights: LayerVariable[]): void {
  trainingModel(model).collectedTrainableWeights = weights;
}

/** Updates weights with a model's optimizer. It leaves out a weight without a gradient, as in its own `minimize`. */
export function applyGradients(
  model: LayersModel,
  gradients: readonly {readonly name: string; readonly tensor: Tensor | undefined}[],
): void {
  model.optimizer.applyGradients(gradients as unknown as {name: string; tensor: Tensor}[]);
}

/** The parts of a model that its training step calls. */
type StepParts = Pick<ModelInternals, 'optimizer_' | 'metricsTensors' | 'lossFunctions' | 'calculateLosses'>;

/** Replaces parts that a model's training step calls. */
export function replaceStepParts(model: ModelInternals, parts: Partial<StepParts>): Undo {
  return patch<StepParts>(model, parts);
}

/**
 * Calls a function when a model's `fit` or `fitDataset` ends, by an error too, of which callbacks are not told: tfjs-layers then
 * sets `isTraining` to false.
 */
export function watchTrainingFlag(model: ModelInternals, ended: () => void): Undo {
  let {isTraining} = model;
  const restore = patch<Pick<ModelInternals, 'isTraining'>>(model, {
    get isTraining() {
      return isTraining;
    },
    set isTraining(now) {
      isTraining = now;
      if (!now) ended();
    },
  });
  return () => {
    restore();
    model.isTraining = isTraining;
  };
}
