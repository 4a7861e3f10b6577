import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Examples} from '../data/split.js';
import {evaluate} from '../training/evaluate.js';

/** A callback for `fit` that keeps the accuracy on the test images after each epoch. It changes nothing of the training. */
export function epochTests(model: LayersModel, test: Examples) {
  const accuracies: number[] = [];
  const callback = {
    onEpochEnd() {
      accuracies.push(evaluate(model, test).accuracy);
      return Promise.resolve();
    },
  };
  return {callback, accuracies: accuracies as readonly number[]};
}
