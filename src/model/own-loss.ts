import type {LayersModel} from '@tensorflow/tfjs-layers';
import {compiledLoss} from '../tfjs-internals/layers/model.js';

/** Whether a model is compiled with a loss function that the user wrote. */
export function hasOwnLoss(model: LayersModel): boolean {
  const loss = compiledLoss(model);
  const losses = typeof loss === 'object' && loss !== null ? Object.values(loss) : [loss];
  return losses.some(each => typeof each === 'function');
}
