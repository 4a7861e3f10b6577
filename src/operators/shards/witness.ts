import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../errors.js';
import type {Batch} from '../../model/batch.js';
import {disposeBatch, firstRows} from '../../model/batch-tensors.js';
import {packBatch} from '../../model/sent/packed-tensors.js';
import type {Linearize} from '../from-model/linearized-loss.js';
import type {WitnessMessage} from './messages.js';

/** Rows of the batch on which a copy of the model is compared with the model. */
const ROWS = 8;

/** Of the gradient's norm, and of the loss. Machines of other kinds round differently; the same machine gives the same bits. */
const TOLERANCE = 1e-3;

/** Computes a loss and its gradient, with which a worker compares its copy of the model. */
export async function witnessOf(
  batch: Batch,
  lossAndGradient: (rows: Batch) => {readonly loss: Tensor; readonly gradient: Tensor},
): Promise<WitnessMessage> {
  const rows = firstRows(batch, ROWS);
  try {
    const {loss, gradient} = lossAndGradient(rows);
    try {
      const [[value], values] = await Promise.all([loss.data(), gradient.data()]);
      return {batch: await packBatch(rows), loss: value!, gradient: values as Float32Array};
    } finally {
      loss.dispose();
      gradient.dispose();
    }
  } finally {
    disposeBatch(rows);
  }
}

/** The loss and the gradient of a model on a batch. The caller owns them. */
export function lossAndGradient(linearize: Linearize, model: LayersModel, batch: Batch, seed: number) {
  const {loss, gradient, map, check} = linearize(model, batch, seed, false);
  map.dispose();
  check?.dispose();
  return {loss, gradient};
}

/**
 * Compares what a copy of a model computes with what the model computed.
 *
 * @throws InvalidArgumentError if they differ: a layer computes something that its configuration does not say.
 */
export function compareWithWitness(found: Pick<WitnessMessage, 'loss' | 'gradient'>, expected: WitnessMessage): void {
  // An operator refuses a loss that is not finite by itself.
  if (!Number.isFinite(expected.loss)) return;
  const norm = Math.sqrt(squares(expected.gradient));
  const difference = Math.sqrt(squares(found.gradient.map((g, i) => g - expected.gradient[i]!)));
  const scale = 1 + Math.abs(expected.loss);
  const isSame =
    found.gradient.length === expected.gradient.length &&
    Math.abs(found.loss - expected.loss) <= TOLERANCE * scale &&
    // A gradient near zero is rounding error.
    difference <= TOLERANCE * norm + 1e-5 * scale;
  if (isSame) return;
  throw new InvalidArgumentError(
    `The copy of the model in the worker has the loss ${found.loss} where the model has ${expected.loss}, or another gradient. The copy is ` +
      'made from the JSON of the model, so a layer must compute what its getConfig() says, with no state besides its weights. ' +
      'Leave out on, and the products are computed in this thread.',
  );
}

function squares(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
