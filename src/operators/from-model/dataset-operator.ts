import type {Scalar, Tensor, Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {disposeBatch} from '../../model/batch-tensors.js';
import {WeightSnapshot} from '../../model/weight-snapshot.js';
import {deriveSeed} from '../../random.js';
import type {CurvatureMap} from '../blocks/curvature-map.js';
import type {CurvatureOperator} from '../blocks/network-operator.js';
import {labelCheck} from '../checks/label-check.js';
import type {CheckedCurvatureArgs} from '../curvature-args.js';
import type {BatchDataset, HeldBatch} from './batch-dataset.js';
import {holdBatches, requireElements} from './batch-dataset.js';
import {BatchMaps} from './batch-maps.js';
import {defaultMemoryLimit} from './default-memory-limit.js';
import type {Linearize, LinearizedLoss, PendingCheck} from './linearized-loss.js';
import {allOf, operatorOf} from './linearized-loss.js';

/**
 * A curvature of the mean loss over all samples of a data set. Each batch is weighted by its size.
 *
 * It holds references to the batches and to the present weights. A product is one pass over the batches. The linearizations of as many
 * batches as `memoryLimit` allows are kept; there, a product costs about one gradient. The other batches are linearized anew, one after
 * the other, which costs about two more. The sums are the same with any limit.
 *
 * @throws InvalidArgumentError for a data set without batches, and as a batch's operator does.
 */
export async function datasetOperator(
  name: string,
  model: LayersModel,
  dataset: BatchDataset,
  linearize: Linearize,
  {batches: limit, seed, signal, onProgress, memoryLimit = defaultMemoryLimit()}: CheckedCurvatureArgs,
): Promise<CurvatureOperator> {
  requireElements(dataset);
  const held: HeldBatch[] = [];
  // The weights may change while the data is read.
  const snapshot = new WeightSnapshot(model);
  const linearizeNth = (i: number, checked: boolean) =>
    snapshot.during(() => linearize(model, held[i]!.batch, deriveSeed(seed, i), checked));
  const maps = new BatchMaps(linearizeNth, memoryLimit);
  const release = () => {
    maps.dispose();
    snapshot.dispose();
    for (const {batch} of held) disposeBatch(batch);
  };
  try {
    await holdBatches(dataset, held, {limit, signal});
    const samples = held.reduce((sum, {size}) => sum + size, 0);
    const onEach: OnEach = visit => {
      held.forEach(({size}, i) => {
        // No product follows an abort.
        if (signal?.aborted) maps.dispose();
        signal?.throwIfAborted();
        visit(i, size / samples);
        onProgress?.({done: i + 1, batches: held.length});
      });
    };
    return await operatorOf(name, () => {
      const sums: {loss: Tensor | null; gradient: Tensor | null} = {loss: null, gradient: null};
      let layers: LinearizedLoss['layers'] = [];
      let doubtful: number | null = null;
      try {
        onEach((i, share) => {
          maps.first(i, linearized => {
            layers = linearized.layers;
            sums.loss = accumulate(sums.loss, linearized.loss, share);
            sums.gradient = accumulate(sums.gradient, linearized.gradient, share);
            if (linearized.check !== null) doubtful ??= i;
          });
        });
        const check = allOf([
          ...held.map(({batch}) => labelCheck(model, batch)),
          doubtful === null ? null : checkOfBatch(() => linearizeNth(doubtful!, true)),
        ]);
        const [loss, gradient] = [sums.loss as Scalar, sums.gradient as Tensor1D];
        return {loss, gradient, layers, check, map: new DatasetMap(onEach, maps, release)};
      } catch (error) {
        sums.loss?.dispose();
        sums.gradient?.dispose();
        throw error;
      }
    });
  } catch (error) {
    release();
    throw error;
  }
}

/** Checks one batch for all of them: it is linearized again for the check. */
function checkOfBatch(linearizeBatch: () => LinearizedLoss): PendingCheck {
  return {
    dispose() {},
    async confirm() {
      const linearized = linearizeBatch();
      try {
        await linearized.check?.confirm();
      } finally {
        const {map, loss, gradient, check} = linearized;
        for (const each of [check, map, loss, gradient]) each?.dispose();
      }
    },
  };
}

/** Visits each batch, by its position, with its share of all samples. */
type OnEach = (visit: (batch: number, share: number) => void) => void;

class DatasetMap implements CurvatureMap {
  /** A product may linearize batches again. */
  readonly isFixed = false;
  private products = 0;

  constructor(
    private readonly onEach: OnEach,
    private readonly maps: BatchMaps,
    readonly dispose: () => void,
  ) {}

  push(from: readonly number[], tangents: readonly Tensor[], to: readonly number[], probes: number | null) {
    const sums: (Tensor | null)[] = to.map(() => null);
    try {
      this.onEach((batch, share) => {
        const {tangents: images, passes} = this.maps.push(batch, from, tangents, to, probes);
        images.forEach((image, i) => {
          if (image === null) return;
          sums[i] = accumulate(sums[i] ?? null, image, share);
          image.dispose();
        });
        this.products += passes * share;
      });
      // The clones belong to the caller's scope.
      return sums.map(sum => sum?.clone() ?? null);
    } finally {
      for (const sum of sums) sum?.dispose();
    }
  }

  get passes(): number {
    return this.products;
  }
}

/** sum + share · term, kept. Disposes `sum`. */
function accumulate(sum: Tensor | null, term: Tensor, share: number): Tensor {
  const next = tf.tidy(() => {
    const scaled = tf.mul(term, share);
    return tf.keep(sum === null ? scaled : tf.add(sum, scaled));
  });
  sum?.dispose();
  return next;
}
