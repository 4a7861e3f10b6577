import type {Scalar} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {inScope} from '../tfjs-internals/core/tensors.js';
import type {Batch} from './batch.js';
import {standardizeBatch} from './batch.js';
import {dataLoss} from './data-loss.js';
import {undisturbed} from './undisturbed.js';

/**
 * The loss of a model on a batch, without gradients: the one that `withRecordedLoss` records. The model stays as it was.
 *
 * @param seed seeds what dropout and noise layers draw.
 * @returns the loss; the caller owns it.
 * @throws InvalidArgumentError for a model that is not compiled, or a batch that does not fit it.
 */
export function batchLoss(model: LayersModel, batch: Batch, seed: number): Scalar {
  return inScope(() => {
    const standard = standardizeBatch(model, batch);
    return undisturbed(model, {training: standard.training, seed}, () => tf.keep(tf.clone(dataLoss(model, standard))));
  });
}
