import type {SGDOptimizer} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Recipe} from './recipe.js';

/** A callback for `fit` that sets the learning rate at the begin of the epochs in which it changes. */
export function learningRateSteps(model: LayersModel, recipe: Recipe): {onEpochBegin(epoch: number): Promise<void>} {
  return {
    onEpochBegin(epoch) {
      const rate = learningRateIn(epoch, recipe);
      if (epoch > 0 && rate !== learningRateIn(epoch - 1, recipe)) {
        (model.optimizer as SGDOptimizer).setLearningRate(rate);
      }
      return Promise.resolve();
    },
  };
}

/** The learning rate in an epoch, from 0. */
export function learningRateIn(epoch: number, {learningRate, milestones, decay}: Recipe): number {
  return learningRate * decay ** milestones.filter(milestone => epoch >= milestone).length;
}
