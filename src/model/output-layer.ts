import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Recording} from '../autodiff/recording/recording.js';
import type {Value} from '../graph/graph.js';
import {compiledLoss, trainingModel} from '../tfjs-internals/layers/model.js';

/** Losses that are negative log-likelihoods: the model's output is the parameter of a distribution. */
export type LikelihoodLoss =
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy'
  | 'binaryCrossentropy'
  | 'meanSquaredError';

/** The activation that forms a canonical pair with each loss: its input is the natural parameter of the distribution. */
const CANONICAL: Readonly<Record<LikelihoodLoss, string | null>> = {
  categoricalCrossentropy: 'Softmax',
  sparseCategoricalCrossentropy: 'Softmax',
  binaryCrossentropy: 'Sigmoid',
  meanSquaredError: null,
};

/** An output of a model in a recorded forward pass. */
export interface RecordedOutput {
  /** The logits: for a canonical pair the input of the output's activation, else the output. */
  readonly z: Value;
  readonly prediction: Value;
  readonly target: Tensor;
  readonly loss: LikelihoodLoss | null;
}

/** Finds in a recording where the network ends and the loss begins. */
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

/** The likelihood loss of each output that a model is compiled with; `null` for another loss. */
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
