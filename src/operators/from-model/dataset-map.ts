import type {Scalar, Tensor, Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {deviceVerdict, judged} from '../../autodiff/webgpu/device-errors.js';
import type {Work} from '../../long-work.js';
import type {CurvatureMap, Pause} from '../blocks/curvature-map.js';
import type {BatchMaps} from './batch-maps.js';
import type {HeldBatches} from './held-batches.js';
import type {LinearizedLoss} from './linearized-loss.js';
import type {Parts} from './pairwise-sum.js';
import {PairwiseSum, weighted} from './pairwise-sum.js';

type PushArgs = Parameters<CurvatureMap['push']>;

/** The loss over a data set, with its gradient. The tensors belong to the caller. */
export interface MeanLoss {
  readonly loss: Scalar;
  readonly gradient: Tensor1D;
  readonly layers: LinearizedLoss['layers'];
  /** The first batch whose derivatives are to be checked. */
  readonly doubtful: number | null;
}

/** The mean of a curvature over the batches of a data set. */
export interface DatasetMap extends CurvatureMap {
  /** Computes the loss and its gradient, and makes what products need. It reports the batches that are done. */
  mean(work: Work): Promise<MeanLoss>;
}

/** The mean of a curvature over the batches, computed in this thread. */
export class LocalDatasetMap implements DatasetMap {
  /** A product may linearize batches again. */
  readonly isFixed = false;
  private products = 0;

  /** It owns all that is given. */
  constructor(
    private readonly held: HeldBatches,
    private readonly maps: BatchMaps,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async mean(work: Work): Promise<MeanLoss> {
    const sum = new PairwiseSum(this.held.count);
    const verdict = deviceVerdict();
    let doubtful: number | null = null;
    let layers: LinearizedLoss['layers'] = [];
    try {
      for (let batch = 0; batch < this.held.count; batch++) {
        await work.pause();
        this.assertNotAborted();
        judged(() =>
          this.maps.first(batch, linearized => {
            layers = linearized.layers;
            if (linearized.check !== null) doubtful ??= batch;
            const value = weighted([linearized.loss, linearized.gradient], this.held.share(batch));
            sum.add({level: 0, index: batch, value});
          }),
        );
        work.count(1);
      }
      await verdict?.();
      await work.end();
      const [loss, gradient] = sum.total() as [Scalar, Tensor1D];
      return {loss, gradient, layers, doubtful};
    } catch (error) {
      sum.dispose();
      throw error;
    }
  }

  push(...args: PushArgs): (Tensor | null)[] {
    const sum = new PairwiseSum(this.held.count);
    let total: Parts = [];
    try {
      for (let batch = 0; batch < this.held.count; batch++) this.add(sum, batch, args);
      total = sum.total();
      // The clones belong to the caller's scope.
      return total.map(tensor => tensor?.clone() ?? null);
    } finally {
      sum.dispose();
      for (const tensor of total) tensor?.dispose();
    }
  }

  async pushInParts(...[from, tangents, to, probes, pause]: [...PushArgs, Pause]): Promise<(Tensor | null)[]> {
    const {count} = this.held;
    const sum = new PairwiseSum(count);
    try {
      for (let batch = 0; batch < count; batch++) {
        if (batch > 0) await pause(batch / count);
        tf.tidy(() => this.add(sum, batch, [from, tangents, to, probes]));
      }
      return [...sum.total()];
    } catch (error) {
      sum.dispose();
      throw error;
    }
  }

  get passes(): number {
    return this.products;
  }

  dispose(): void {
    this.maps.dispose();
    this.held.dispose();
  }

  /** Adds the product with a batch's curvature. */
  private add(sum: PairwiseSum, batch: number, args: PushArgs): void {
    this.assertNotAborted();
    this.products += addProduct(sum, this.maps, batch, this.held.share(batch), args);
  }

  /** No product follows an abort. */
  private assertNotAborted(): void {
    if (this.signal?.aborted) this.maps.dispose();
    this.signal?.throwIfAborted();
  }
}

/**
 * Adds the product with a batch's curvature, by its share of the samples.
 *
 * @returns what it cost in products.
 */
export function addProduct(sum: PairwiseSum, maps: BatchMaps, batch: number, share: number, args: PushArgs): number {
  const {tangents, passes} = maps.push(batch, ...args);
  try {
    sum.add({level: 0, index: batch, value: weighted(tangents, share)});
  } finally {
    for (const tensor of tangents) tensor?.dispose();
  }
  return passes * share;
}
