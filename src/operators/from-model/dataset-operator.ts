import type {Scalar, Tensor, Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {deviceVerdict, judged} from '../../autodiff/webgpu/device-errors.js';
import {Work} from '../../long-work.js';
import {disposeBatch} from '../../model/batch-tensors.js';
import {WeightSnapshot} from '../../model/weight-snapshot.js';
import {deriveSeed} from '../../random.js';
import type {CurvatureMap, Pause} from '../blocks/curvature-map.js';
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
  {batches: limit, seed, memoryLimit = defaultMemoryLimit(), ...long}: CheckedCurvatureArgs,
): Promise<CurvatureOperator> {
  requireElements(dataset);
  const {signal} = long;
  signal?.throwIfAborted();
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
  const work = new Work(long);
  try {
    await holdBatches(dataset, held, limit, work);
    work.expect(held.length);
    const samples = held.reduce((sum, {size}) => sum + size, 0);
    const visits = held.map(
      ({size}, i): Visit =>
        visit => {
          // No product follows an abort.
          if (signal?.aborted) maps.dispose();
          signal?.throwIfAborted();
          visit(i, size / samples);
        },
    );
    const verdict = deviceVerdict();
    const first = new FirstPass();
    try {
      for (const visit of visits) {
        await work.pause();
        judged(() => visit((i, share) => maps.first(i, linearized => first.add(i, linearized, share))));
        work.count(1);
      }
      await verdict?.();
      await work.end();
    } catch (error) {
      first.dispose();
      throw error;
    }
    return await operatorOf(name, () => {
      const {layers, doubtful} = first;
      const check = allOf([
        ...held.map(({batch}) => labelCheck(model, batch)),
        doubtful === null ? null : checkOfBatch(() => linearizeNth(doubtful, true)),
      ]);
      const map = new DatasetMap(visits, maps, release);
      return {loss: first.loss as Scalar, gradient: first.gradient as Tensor1D, layers, check, map};
    });
  } catch (error) {
    release();
    throw error;
  }
}

/** The sums of the first pass over a data set. They belong to the caller. */
class FirstPass {
  loss: Tensor | null = null;
  gradient: Tensor | null = null;
  layers: LinearizedLoss['layers'] = [];
  /** The first batch whose derivatives are to be checked. */
  doubtful: number | null = null;

  add(batch: number, {layers, loss, gradient, check}: LinearizedLoss, share: number): void {
    this.layers = layers;
    this.loss = accumulate(this.loss, loss, share);
    this.gradient = accumulate(this.gradient, gradient, share);
    if (check !== null) this.doubtful ??= batch;
  }

  dispose(): void {
    this.loss?.dispose();
    this.gradient?.dispose();
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

/** Visits a batch, by its position, with its share of all samples. */
type Visit = (visit: (batch: number, share: number) => void) => void;

type PushArgs = Parameters<CurvatureMap['push']>;

class DatasetMap implements CurvatureMap {
  /** A product may linearize batches again. */
  readonly isFixed = false;
  private products = 0;

  constructor(
    private readonly visits: readonly Visit[],
    private readonly maps: BatchMaps,
    readonly dispose: () => void,
  ) {}

  push(...args: PushArgs): (Tensor | null)[] {
    const sums = this.zeros(args);
    try {
      for (const visit of this.visits) this.add(sums, visit, args);
      // The clones belong to the caller's scope.
      return sums.map(sum => sum?.clone() ?? null);
    } finally {
      for (const sum of sums) sum?.dispose();
    }
  }

  async pushInParts(...[from, tangents, to, probes, pause]: [...PushArgs, Pause]): Promise<(Tensor | null)[]> {
    const args: PushArgs = [from, tangents, to, probes];
    const sums = this.zeros(args);
    try {
      for (const [i, visit] of this.visits.entries()) {
        if (i > 0) await pause(i / this.visits.length);
        tf.tidy(() => this.add(sums, visit, args));
      }
      return sums;
    } catch (error) {
      for (const sum of sums) sum?.dispose();
      throw error;
    }
  }

  get passes(): number {
    return this.products;
  }

  private zeros([, , to]: PushArgs): (Tensor | null)[] {
    return to.map(() => null);
  }

  /** Adds the product with a batch's curvature. */
  private add(sums: (Tensor | null)[], visit: Visit, args: PushArgs): void {
    visit((batch, share) => {
      const {tangents, passes} = this.maps.push(batch, ...args);
      tangents.forEach((image, i) => {
        if (image === null) return;
        sums[i] = accumulate(sums[i] ?? null, image, share);
        image.dispose();
      });
      this.products += passes * share;
    });
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
