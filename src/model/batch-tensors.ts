import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Batch} from './batch.js';

/** A tensor, or its description in another thread. */
interface HasShape {
  readonly shape: number[];
}

/** One value, a list in the model's order (`null` for an output without sample weights), or values by name. */
export type OneOrMany<T> = T | T[] | {[name: string]: T};

/** A `Batch` whose tensors are replaced by values of another type. */
export type BatchOf<T> = {
  readonly x: OneOrMany<T>;
  readonly y: OneOrMany<T>;
  readonly sampleWeight?: OneOrMany<T>;
  readonly training?: boolean;
};

/** A batch with each of its tensors replaced, in the same structure. */
export function mapBatch<T extends HasShape, U>(
  {x, y, sampleWeight, training}: BatchOf<T>,
  replace: (tensor: T) => U,
): BatchOf<U> {
  return {
    x: mapTensors(x, replace),
    y: mapTensors(y, replace),
    ...(sampleWeight !== undefined && {sampleWeight: mapTensors(sampleWeight, replace)}),
    ...(training !== undefined && {training}),
  };
}

function mapTensors<T extends HasShape, U>(tensors: OneOrMany<T>, replace: (tensor: T) => U): OneOrMany<U> {
  if (isOne(tensors)) return replace(tensors);
  const replaceEach = (tensor: T) => (tensor === null ? tensor : replace(tensor)) as U;
  if (Array.isArray(tensors)) return tensors.map(replaceEach);
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, replaceEach(tensor)]));
}

/** Whether it is one value. A dict may have an output called "shape", whose value is a tensor and not a list. */
function isOne<T extends HasShape>(tensors: OneOrMany<T>): tensors is T {
  return !Array.isArray(tensors) && Array.isArray(tensors.shape);
}

/** All tensors of a batch: x, y, then sample weights. */
export function batchTensors(batch: Batch): Tensor[] {
  const tensors: Tensor[] = [];
  mapBatch(batch, tensor => tensors.push(tensor));
  return tensors;
}

/** The number of samples in a batch. */
export function batchSize(batch: Batch): number {
  return batchTensors(batch)[0]!.shape[0]!;
}

/** References to the tensors of a batch, without a copy; the caller owns them. */
export function holdBatch(batch: Batch): Batch {
  return mapBatch(batch, tensor => tf.keep(tensor.clone()));
}

/** The first n samples of a batch, or all if it has fewer; the caller owns the tensors. */
export function firstRows(batch: Batch, n: number): Batch {
  // If one tensor cannot be sliced, tidy disposes of the slices before it.
  return tf.tidy(() => mapBatch(batch, tensor => tf.slice(tensor, 0, Math.min(n, tensor.shape[0]!))));
}

/** Disposes of all tensors of a batch. */
export function disposeBatch(batch: Batch): void {
  tf.dispose(batchTensors(batch));
}
