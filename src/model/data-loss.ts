import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import {replaceStepParts, trainingModel} from '../tfjs-internals/layers/model.js';
import type {StandardBatch} from './batch.js';
import {withoutObservers} from './training-step.js';

/** Is handed each output's prediction, before the loss is taken of it. */
export type OnPrediction = (prediction: Tensor, target: Tensor, output: number) => void;

/**
 * The loss that `fit` minimizes, without regularizers and metrics.
 *
 * It is computed by the model's own training step, whose optimizer hands the loss back here in place of minimizing it,
 * so that sample weights, several outputs and custom losses are what they are in training.
 */
export function dataLoss(model: LayersModel, batch: StandardBatch, onPrediction?: OnPrediction): Scalar {
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
    calculateLosses: () => [],
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

/** TensorFlow.js' sparseCategoricalCrossentropy rounds its labels down, and takes no integers for that. */
function aboutLabels(error: unknown): unknown {
  if (!(error instanceof Error) || !/passed to 'floor' must be float32 tensor/.test(error.message)) return error;
  return new InvalidArgumentError(
    'The labels are integers, which TensorFlow.js cannot train with by sparseCategoricalCrossentropy; give them as floats, y.toFloat().',
    {cause: error},
  );
}

/** Is told each prediction that a model's losses are taken of, until what it returns is called. */
export function watchPredictions(model: LayersModel, onPrediction: OnPrediction): () => void {
  const internals = trainingModel(model);
  return replaceStepParts(internals, {
    lossFunctions: internals.lossFunctions.map((lossFunction, output) => (target: Tensor, prediction: Tensor) => {
      onPrediction(prediction, target, output);
      return lossFunction(target, prediction);
    }),
  });
}
