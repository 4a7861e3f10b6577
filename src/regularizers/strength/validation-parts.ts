import type {Scalar} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../errors.js';
import type {Batch} from '../../model/batch.js';
import {standardizeBatch} from '../../model/batch.js';
import {batchSize, disposeBatch, mapBatch} from '../../model/batch-tensors.js';
import type {HeldBatch} from '../../operators/from-model/batch-dataset.js';
import type {Disposable} from '../../owned.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';

/** Losses on this many parts give a standard error with few surprises, and each part still is large. */
const PARTS = 10;

/** What a model does on one part of the validation data. */
export interface PartResult {
  readonly loss: number;
  /** By the names of the metrics that the model is compiled with. */
  readonly metrics: Record<string, number>;
}

/** Validation data in parts, whose losses show how far they depend on the samples. */
export class ValidationParts implements Disposable {
  private constructor(private readonly parts: readonly HeldBatch[]) {}

  /**
   * Splits batches into at least ten parts if there are as many samples. The batches stay the property of the caller.
   *
   * @throws InvalidArgumentError for batches that do not fit the model, for fewer than two samples, and for sample weights.
   */
  static of(model: LayersModel, batches: readonly HeldBatch[]): ValidationParts {
    for (const {batch} of batches) inScope(() => void standardizeBatch(model, batch));
    if (batches.some(({batch}) => batch.sampleWeight !== undefined)) {
      throw new InvalidArgumentError(
        'validation has sampleWeight, which model.evaluate of TensorFlow.js does not take; leave it out.',
      );
    }
    const each = Math.max(1, Math.ceil(PARTS / batches.length));
    const parts = batches.flatMap(({batch, size}) => split(batch, Math.min(each, size)));
    if (parts.length < 2) {
      disposeParts(parts);
      throw new InvalidArgumentError(
        'validation has one sample; it needs at least two, so that the standard error of its loss can be estimated.',
      );
    }
    return new ValidationParts(parts);
  }

  get length(): number {
    return this.parts.length;
  }

  /** The share of each part in all samples. */
  get shares(): number[] {
    const all = this.parts.reduce((sum, {size}) => sum + size, 0);
    return this.parts.map(({size}) => size / all);
  }

  /** Evaluates a model on each part. Penalties and other regularizers are not in the loss. */
  async evaluate(model: LayersModel, onPart: () => Promise<void>): Promise<PartResult[]> {
    const results: PartResult[] = [];
    for (const {batch, size} of this.parts) {
      const scalars = [
        model.evaluate(batch.x as tf.Tensor, batch.y as tf.Tensor, {batchSize: size}),
      ].flat() as Scalar[];
      try {
        const [loss, ...values] = (await Promise.all(scalars.map(scalar => scalar.data()))).map(([value]) => value!);
        const names = model.metricsNames.filter(name => name !== 'loss');
        results.push({loss: loss!, metrics: Object.fromEntries(names.map((name, i) => [name, values[i]!]))});
      } finally {
        tf.dispose(scalars);
      }
      await onPart();
    }
    return results;
  }

  dispose(): void {
    disposeParts(this.parts);
  }
}

/** Slices of a batch; the caller owns them. */
function split(batch: Batch, parts: number): HeldBatch[] {
  const size = batchSize(batch);
  return Array.from({length: parts}, (_, i) => {
    const [from, to] = [i, i + 1].map(edge => Math.round((edge * size) / parts)) as [number, number];
    const rows = to - from;
    return tf.tidy(() => ({batch: mapBatch(batch, tensor => tf.keep(tf.slice(tensor, from, rows))), size: rows}));
  });
}

function disposeParts(parts: readonly HeldBatch[]): void {
  for (const {batch} of parts) disposeBatch(batch);
}
