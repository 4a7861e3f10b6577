import type {Scalar} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Examples} from '../data/split.js';
import type {Evaluation} from '../records/training-record.js';

/** In test mode: without dropout, with moving averages, and with no penalty in the loss except L2. */
export function evaluate(model: LayersModel, {x, y}: Examples): Evaluation {
  const results = model.evaluate(x, y, {batchSize: 500}) as Scalar[];
  const [loss, accuracy] = results.map(result => result.dataSync()[0]!);
  for (const result of results) result.dispose();
  return {loss: finite(loss!), accuracy: accuracy!};
}

/** A number for JSON. */
export function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}
