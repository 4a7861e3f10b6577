import * as tf from '@tensorflow/tfjs-core';
import {isRecord} from '../../arguments/options.js';
import {show} from '../../arguments/show.js';
import {InvalidArgumentError} from '../../errors.js';
import type {Work} from '../../long-work.js';
import {type Batch, batchOf, checkBatch, type TensorsByName} from '../../model/batch.js';
import {batchSize, holdBatch} from '../../model/batch-tensors.js';

/** An element of a data set: a batch, or what `fitDataset` takes. */
export type DatasetElement = Batch | {readonly xs: TensorsByName; readonly ys: TensorsByName};

/** The part of a `tf.data.Dataset` that is read. */
export interface TensorFlowDataset {
  /** Starts a pass over the data. */
  iterator(): Promise<TensorFlowIterator>;
}

/** The part of a `tf.data` iterator that is read. */
export interface TensorFlowIterator {
  /** The next element. */
  next(): Promise<{value: unknown; done: boolean}>;
}

/** A `tf.data.Dataset` of batches, or any iterable of them. */
export type BatchDataset = Iterable<DatasetElement> | AsyncIterable<DatasetElement> | TensorFlowDataset;

/** Whether something is a data set, not a batch. */
export function isDataset(data: unknown): data is BatchDataset {
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data) || data instanceof Map) return false;
  return (
    Symbol.iterator in data ||
    Symbol.asyncIterator in data ||
    typeof (data as {iterator?: unknown}).iterator === 'function'
  );
}

/** A batch of a data set, by references to its tensors. */
export interface HeldBatch {
  readonly batch: Batch;
  readonly size: number;
}

async function* elements(dataset: BatchDataset): AsyncGenerator<unknown> {
  if (Symbol.asyncIterator in dataset || Symbol.iterator in dataset) {
    yield* dataset as AsyncIterable<unknown>;
    return;
  }
  const iterator = await dataset.iterator();
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    try {
      yield next.value;
    } finally {
      // The caller owns what a tf.data iterator yields.
      tf.dispose(next.value as tf.TensorContainer);
    }
  }
}

/**
 * Checks a batch or a data set, as far as that is possible before it is read.
 *
 * @throws InvalidArgumentError if it is neither.
 */
export function requireData(data: Batch | BatchDataset): void {
  refuseFunction(data);
  if (isDataset(data)) requireElements(data);
  else checkBatch(data);
}

/**
 * Refuses a function that makes data, which is given in place of the data.
 *
 * @throws InvalidArgumentError with how to make a data set of it.
 */
export function refuseFunction(data: unknown): void {
  if (typeof data !== 'function') return;
  throw new InvalidArgumentError(
    `The data are ${show(data)}; give a batch, {x, y}, or a data set. Call a generator f that yields batches, f(); of one that ` +
      'yields samples, {xs, ys}, tf.data.generator(f).batch(32) makes a data set.',
  );
}

/**
 * Checks the elements of a list. Only a list can be checked before it is read.
 *
 * @throws InvalidArgumentError if it is empty, or an element is not a batch.
 */
export function requireElements(dataset: BatchDataset): void {
  if (!Array.isArray(dataset)) return;
  requireSome(dataset.length);
  for (const element of dataset) checkElement(element);
}

function requireSome(batches: number): void {
  if (batches === 0) throw new InvalidArgumentError('The data set has no batches; it must yield one at least.');
}

function checkElement(element: unknown): ReturnType<typeof batchOf> {
  if (!isRecord(element) || !(('x' in element && 'y' in element) || ('xs' in element && 'ys' in element))) {
    throw new InvalidArgumentError(`A data set yields batches, {x, y} or {xs, ys}; it yielded ${show(element)}.`);
  }
  const {xs, ys, ...rest} = element;
  const batch: object = {...(xs !== undefined && {x: xs, y: ys}), ...rest};
  return batchOf(batch as Batch);
}

/** Holds references to an element's tensors. */
function hold(element: unknown): HeldBatch {
  const batch = holdBatch(checkElement(element));
  return {batch, size: batchSize(batch)};
}

/**
 * Reads a data set and appends its batches to a list. The caller owns what is in the list, also after an error.
 *
 * @throws InvalidArgumentError for a data set without batches, or with an element that is not a batch; as `work.pause()`.
 */
export async function holdBatches(
  dataset: BatchDataset,
  held: HeldBatch[],
  limit: number | undefined,
  work: Work,
): Promise<void> {
  for await (const element of elements(dataset)) {
    await work.pause();
    held.push(hold(element));
    if (held.length === limit) break;
  }
  requireSome(held.length);
}
