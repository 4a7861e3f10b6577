import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Recording} from '../autodiff/recording/recording.js';
import type {Value} from '../graph/graph.js';
import {compiledLoss, trainingModel} from '../tfjs-internals/layers/model.js';

/** Losses of which the model's output is a distribution's parameter. */
export type LikelihoodLoss =
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy'
  | 'binaryCrossentropy'
  | 'meanSquaredError';

/** The activation whose input is the natural parameter of each loss's distribution: together they are a canonical pair. */
const CANONICAL: Readonly<Record<LikelihoodLoss, string | null>> = {
  categoricalCrossentropy: 'Softmax',
  sparseCategoricalCrossentropy: 'Softmax',
  binaryCrossentropy: 'Sigmoid',
  meanSquaredError: null,
};

/** An output of a model, as a recorded forward pass came to it. */
export interface RecordedOutput {
  /** z: what goes into the output's activation for a canonical pair, the output otherwise. */
  readonly z: Value;
  readonly prediction: Value;
  readonly target: Tensor;
  readonly loss: LikelihoodLoss | null;
}

/** Where the network ends and the loss begins, in a recording. */
export function findOutput(
  recording: Recording,
  prediction: Tensor,
  target: Tensor,
  loss: LikelihoodLoss | null,
): RecordedOutput {
  const value = recording.valueOf(prediction);
  const producer = recording.producerOf(value);
  const z = loss && producer?.op.kernel === CANONICAL[loss] ? producer.inputs[0]! : value;
  return {z, prediction: value, target, loss};
}

/** The losses that a model is compiled with, one an output; `null` for those that are not a known distribution's. */
export function likelihoodLosses(model: LayersModel): (LikelihoodLoss | null)[] {
  const {outputNames} = trainingModel(model);
  const loss = compiledLoss(model);
  return outputNames.map((name, i) => {
    const own = Array.isArray(loss)
      ? loss[i]
      : typeof loss === 'object' && loss !== null
        ? (loss as Record<string, unknown>)[name]
        : loss;
    if (typeof own !== 'string') return null;
    const camel = own.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    return camel in CANONICAL ? (camel as LikelihoodLoss) : null;
  });
}
