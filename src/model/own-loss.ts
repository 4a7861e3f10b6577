import type {LayersModel} from '@tensorflow/tfjs-layers';
import {compiledLoss} from '../tfjs-internals/layers/model.js';

/** Whether a loss that a model is compiled with is a function of the user's. */
export function hasOwnLoss(model: LayersModel): boolean {
  const loss = compiledLoss(model);
  const losses = typeof loss === 'object' && loss !== null ? Object.values(loss) : [loss];
  return losses.some(each => typeof each === 'function');
}
