import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {StandardBatch} from './batch.js';
import {trainingModel} from './layers-internals.js';
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
  const {lossFunctions} = internals;
  let loss: Scalar | undefined;
  const restore = replace(internals, {
    optimizer_: {
      minimize: lossFunction => {
        loss = lossFunction();
        return loss;
      },
    },
    metricsTensors: [],
    calculateLosses: () => [],
    ...(onPrediction && {
      lossFunctions: lossFunctions.map((lossFunction, output) => (target: Tensor, prediction: Tensor) => {
        onPrediction(prediction, target, output);
        return lossFunction(target, prediction);
      }),
    }),
  });
  try {
    withoutObservers(() => internals.makeTrainFunction()([...batch.inputs, ...batch.targets, ...batch.sampleWeights]));
  } finally {
    restore();
  }
  return loss!;
}

/** Overrides an object's properties for a while; returns what puts them back. */
export function replace<T extends object>(target: T, overrides: Partial<T>): () => void {
  const before = (Object.keys(overrides) as (keyof T)[]).map(
    key => [key, Object.getOwnPropertyDescriptor(target, key)] as const,
  );
  Object.assign(target, overrides);
  return () => {
    for (const [key, descriptor] of before) {
      if (descriptor === undefined) delete target[key];
      else Object.defineProperty(target, key, descriptor);
    }
  };
}
