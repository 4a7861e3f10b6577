import type {LayersModel} from '@tensorflow/tfjs-layers';

/** Whether a loss that a model is compiled with is a function of the user's. */
export function hasOwnLoss(model: LayersModel): boolean {
  const {loss} = model as unknown as {loss: unknown};
  const losses = typeof loss === 'object' && loss !== null ? Object.values(loss) : [loss];
  return losses.some(each => typeof each === 'function');
}
