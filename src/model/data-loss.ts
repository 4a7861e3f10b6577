import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {show} from '../arguments/show.js';
import {isRealTensor} from '../arguments/tensors.js';
import {InvalidArgumentError} from '../errors.js';
import {replaceStepParts, trainingModel} from '../tfjs-internals/layers/model.js';
import type {StandardBatch} from './batch.js';
import {withoutObservers} from './training-step.js';

/** Is called with each output's prediction, before its loss is computed. */
export type OnPrediction = (prediction: Tensor, target: Tensor, output: number) => void;

export interface DataLossArgs {
  readonly onPrediction?: OnPrediction;
  /** Whether the penalties that the layers' regularizers add are a part of the loss, as in `fit`. */
  readonly regularizers?: boolean;
}

/**
 * The loss that `fit` minimizes, without metrics; with regularizers if they are asked for. A Hessian-trace penalty is 0 outside a training step.
 *
 * The model's own training step computes it, with an optimizer that returns the loss and does not minimize it. So sample
 * weights, several outputs and custom losses count as in training.
 */
export function dataLoss(
  model: LayersModel,
  batch: StandardBatch,
  {onPrediction, regularizers = false}: DataLossArgs = {},
): Scalar {
  const internals = trainingModel(model);
  let loss: Scalar | undefined;
  const restore = replaceStepParts(internals, {
    optimizer_: {
      minimize: lossFunction => {
        loss = lossFunction();
        return loss;
      },
    },
    metricsTensors: [],
    lossFunctions: internals.lossFunctions.map(
      (lossFunction, output) => (target: Tensor, prediction: Tensor) =>
        requireTensor(lossFunction(target, prediction), internals.outputNames[output]!),
    ),
    ...(!regularizers && {calculateLosses: () => []}),
  });
  const stopWatching = onPrediction && watchPredictions(model, onPrediction);
  try {
    withoutObservers(() => internals.makeTrainFunction()([...batch.inputs, ...batch.targets, ...batch.sampleWeights]));
  } catch (error) {
    throw aboutLabels(error);
  } finally {
    stopWatching?.();
    restore();
  }
  return loss!;
}

/** A loss function of the user may return anything. */
function requireTensor(loss: unknown, output: string): Tensor {
  if (isRealTensor(loss)) return loss;
  throw new InvalidArgumentError(
    `The loss function of output "${output}" returned ${show(loss)}; it must return a tensor of real numbers, such as tf.mean(…).`,
  );
}

/** TensorFlow.js' sparseCategoricalCrossentropy calls `floor` on its labels, which takes no integers. */
function aboutLabels(error: unknown): unknown {
  if (!(error instanceof Error) || !/passed to 'floor' must be float32 tensor/.test(error.message)) return error;
  return new InvalidArgumentError(
    'The labels are integers, which TensorFlow.js cannot train with by sparseCategoricalCrossentropy; give them as floats, y.toFloat().',
    {cause: error},
  );
}

/**
 * Calls a function with each prediction that a model computes its losses of.
 *
 * @returns a function that ends this.
 */
export function watchPredictions(model: LayersModel, onPrediction: OnPrediction): () => void {
  const internals = trainingModel(model);
  return replaceStepParts(internals, {
    lossFunctions: internals.lossFunctions.map((lossFunction, output) => (target: Tensor, prediction: Tensor) => {
      onPrediction(prediction, target, output);
      return lossFunction(target, prediction);
    }),
  });
}
