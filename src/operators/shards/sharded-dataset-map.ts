import type {Scalar, Tensor, Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {decodeMessage, encodeMessage} from '../../binary-message.js';
import {TfjsHessianError} from '../../errors.js';
import type {Work} from '../../long-work.js';
import {weightsInOrder} from '../../model/layers/weight-owners.js';
import {movedWeights, weightedLayers} from '../../model/layers/weighted-layers.js';
import {pack, packBatch, unpack} from '../../model/sent/packed-tensors.js';
import {nameOfLoss, type SentModel, topologyOf} from '../../model/sent/sent-model.js';
import {waitAtMost} from '../../wait-at-most.js';
import type {CurvatureMap, Pause} from '../blocks/curvature-map.js';
import type {DatasetMap, LocalDatasetMap, MeanLoss} from '../from-model/dataset-map.js';
import type {HeldBatches} from '../from-model/held-batches.js';
import {PairwiseSum, type Parts} from '../from-model/pairwise-sum.js';
import {AnswerCheck} from './answer-check.js';
import type {CurvatureKind, SetupMessage, TaskMessage} from './messages.js';
import type {ProductPlacement, ProductWorkers} from './product-workers.js';
import {witnessOf} from './witness.js';

export interface ShardedDatasetMapArgs {
  readonly held: HeldBatches;
  readonly kind: CurvatureKind;
  readonly seed: number;
  readonly memoryLimit: number | undefined;
  readonly placement: ProductPlacement;
  /** Computes what cannot wait for workers. It owns what is held. */
  readonly local: LocalDatasetMap;
  readonly signal: AbortSignal | undefined;
}

/**
 * The mean of a curvature over the batches, computed by workers: each holds the linearizations of its batches. A product sends them the
 * vector, and adds their sums by the tree of `PairwiseSum`, so its bits are those of the local map.
 *
 * `push` cannot wait, and computes here, by linearizing each batch again.
 */
export class ShardedDatasetMap implements DatasetMap {
  readonly isFixed = false;
  private workers: ProductWorkers | null = null;
  private products = 0;
  /** Of the weights. */
  private shapes: readonly (readonly number[])[] = [];
  private readonly model: ModelAtCall;
  private readonly onAbort = () => this.endWorkers();

  constructor(private readonly args: ShardedDatasetMapArgs) {
    this.model = new ModelAtCall(args.held);
    args.signal?.addEventListener('abort', this.onAbort);
  }

  async mean(work: Work): Promise<MeanLoss> {
    const {held, placement, memoryLimit, signal} = this.args;
    signal?.throwIfAborted();
    // Errors of the model and of the first batch come from here, before any worker starts.
    const setup = await this.setup();
    signal?.throwIfAborted();
    const {backend} = setup;
    this.workers = placement.open({
      backend,
      setup: encodeMessage(setup, true),
      batches: held.count,
      memoryLimit,
      batch: async index => encodeMessage(await packBatch(held.all[index]!.batch), true),
    });
    let said = 0;
    const layers = weightedLayers(held.model);
    const weights = layers.flatMap(({variables}) => variables.map(({variable}) => variable));
    this.shapes = weights.map(({shape}) => shape);
    const size = weights.reduce((total, weight) => total + weight.size, 0);
    const {sum, doubtful} = await this.run({type: 'gradient'}, [[], [size]], async done => {
      work.count(done - said);
      said = done;
      await work.pause();
    });
    const [loss, gradient] = sum as [Scalar, Tensor1D];
    try {
      work.count(held.count - said);
      await work.pause();
      await work.end();
    } catch (error) {
      tf.dispose([loss, gradient]);
      throw error;
    }
    return {loss, gradient, layers, doubtful};
  }

  push(...args: Parameters<CurvatureMap['push']>): (Tensor | null)[] {
    return this.args.local.push(...args);
  }

  async pushInParts(
    from: readonly number[],
    tangents: readonly Tensor[],
    to: readonly number[],
    probes: number | null,
    pause: Pause,
  ): Promise<(Tensor | null)[]> {
    const {held} = this.args;
    const task: TaskMessage = {type: 'product', from, to, probes, tangents: await Promise.all(tangents.map(pack))};
    const shapes = to.map(i => (probes === null ? this.shapes[i]! : [probes, ...this.shapes[i]!]));
    const {sum, passes} = await this.run(task, shapes, done => pause(done / held.count));
    this.products += passes;
    return [...sum];
  }

  /** Who computes. */
  explain(): string {
    const {count} = this.args.held;
    return `a sum over ${count} batch${count === 1 ? '' : 'es'}, computed by workers${this.workers?.explain?.() ?? ''}`;
  }

  get passes(): number {
    return this.products + this.args.local.passes;
  }

  dispose(): void {
    this.args.signal?.removeEventListener('abort', this.onAbort);
    this.endWorkers();
    this.model.dispose();
    this.args.local.dispose();
  }

  private endWorkers(): void {
    this.workers?.dispose();
    this.workers = null;
  }

  private async setup(): Promise<SetupMessage> {
    const {held, kind, seed} = this.args;
    const witness = await witnessOf(held.all[0]!.batch, rows => {
      const {loss, gradient, map} = held.linearizeRows(rows, 0);
      map.dispose();
      return {loss, gradient};
    });
    const model = await this.model.read();
    return {backend: tf.getBackend(), kind, seed, model, witness, sizes: held.all.map(({size}) => size)};
  }

  /**
   * Runs a task on all batches. The caller owns the sum.
   *
   * @param shapes of the tensors of the sum.
   * @param pause is called about every 50 ms with the number of batches that are done. It may throw.
   */
  private async run(
    task: TaskMessage,
    shapes: readonly (readonly number[])[],
    pause: (done: number) => Promise<void>,
  ): Promise<{sum: Parts; passes: number; doubtful: number | null}> {
    const {held, signal} = this.args;
    signal?.throwIfAborted();
    if (this.workers === null) throw new TfjsHessianError('The workers of the operator have ended.');
    const sum = new PairwiseSum(held.count);
    const check = new AnswerCheck(held.count, shapes);
    const controller = new AbortController();
    let passes = 0;
    const doubts: number[] = [];
    let done = 0;
    const answers = this.workers.run(
      encodeMessage(task, true),
      bytes => {
        if (controller.signal.aborted) return;
        const {batches, sums, passes: cost, doubtful} = check.take(decodeMessage(bytes));
        done += batches;
        passes += cost;
        if (doubtful !== null) doubts.push(doubtful);
        for (const {level, index, value} of sums) {
          sum.add({
            level,
            index,
            value: value.map(part => (part === null ? null : tf.tidy(() => tf.keep(unpack(part))))),
          });
        }
      },
      controller.signal,
    );
    try {
      await attended(answers, async () => {
        signal?.throwIfAborted();
        await pause(done);
      });
      signal?.throwIfAborted();
      return {
        sum: sum.total(),
        passes,
        doubtful: doubts.length > 0 ? Math.min(...doubts) : null,
      };
    } catch (error) {
      controller.abort();
      sum.dispose();
      // The workers end when the operator is aborted.
      signal?.throwIfAborted();
      throw error;
    }
  }
}

/** Milliseconds between two looks at whether work that others do must stop. */
const LOOK = 50;

/** Waits for work that others do. `look` may throw. */
async function attended(work: Promise<void>, look: () => Promise<void>): Promise<void> {
  let isDone = false;
  const ended = work.finally(() => {
    isDone = true;
  });
  // It may fail after `look` has thrown.
  ended.catch(() => {});
  while (!isDone) {
    await waitAtMost(LOOK, ended);
    if (!isDone) await look();
  }
  await ended;
}

/** A model as it is at one moment, by references to its weights. */
class ModelAtCall {
  private readonly topology: string;
  private readonly loss: SentModel['loss'];
  private readonly weights: readonly Tensor[];
  private readonly moved: readonly boolean[];

  constructor({model}: HeldBatches) {
    const ordered = weightsInOrder(model);
    const trained = new Set(movedWeights(model));
    this.topology = topologyOf(model);
    this.loss = nameOfLoss(model);
    this.moved = ordered.map(weight => trained.has(weight));
    this.weights = ordered.map(weight => tf.keep(weight.read().clone()));
  }

  async read(): Promise<SentModel> {
    const {topology, loss, moved} = this;
    return {topology, loss, moved, weights: await Promise.all(this.weights.map(pack))};
  }

  dispose(): void {
    tf.dispose([...this.weights]);
  }
}
