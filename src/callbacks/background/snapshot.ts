import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../../model/batch.js';
import {mapBatch} from '../../model/batch-tensors.js';
import {weightsInOrder} from '../../model/layers/weight-owners.js';
import {movedWeights} from '../../model/layers/weighted-layers.js';
import {pack, packBatch} from '../../model/sent/packed-tensors.js';
import {nameOfLoss, topologyOf} from '../../model/sent/sent-model.js';
import type {MeasureArgs} from '../sampling/measure-curvature.js';
import type {Edge} from '../sampling/read-edge.js';
import type {SampleRequest} from './messages.js';

/**
 * Reads a snapshot of the weights and the batch. References are taken at the call, so training need not wait for the
 * reading.
 */
export async function snapshot(
  id: number,
  model: LayersModel,
  batch: Batch,
  args: MeasureArgs,
  edge: Edge,
): Promise<SampleRequest> {
  const scales = 'reason' in edge ? null : edge.scales;
  const held: Tensor[] = scales === null ? [] : [scales];
  const hold = <T extends Tensor>(tensor: T): T => {
    const reference = tf.keep(tensor.clone());
    held.push(reference);
    return reference;
  };
  try {
    const ordered = weightsInOrder(model);
    const weights = ordered.map(weight => hold(weight.read()));
    const trained = new Set(movedWeights(model));
    // No reading is waited for until all is held.
    const packed = Promise.all(weights.map(pack));
    const packedScales = scales === null ? null : pack(scales);
    const packedBatch = packBatch(mapBatch(batch, hold));
    return {
      id,
      backend: tf.getBackend(),
      topology: topologyOf(model),
      loss: nameOfLoss(model),
      batch: await packedBatch,
      weights: await packed,
      moved: ordered.map(weight => trained.has(weight)),
      args,
      edge: 'reason' in edge ? edge : {...edge, scales: await packedScales},
    };
  } finally {
    for (const tensor of held) tensor.dispose();
  }
}
