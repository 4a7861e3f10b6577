import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {check} from '../../arguments/check.js';
import {withMethods} from '../../arguments/kinds.js';
import {TfjsHessianError} from '../../errors.js';
import type {Batch} from '../../model/batch.js';
import {mapBatch} from '../../model/batch-tensors.js';
import {weightsInOrder} from '../../model/layers/weight-owners.js';
import {movedWeights} from '../../model/layers/weighted-layers.js';
import {pack, packBatch} from '../../model/sent/packed-tensors.js';
import {nameOfLoss, topologyOf} from '../../model/sent/sent-model.js';
import type {MeasureArgs, Measurement} from '../sampling/measure-curvature.js';
import type {Edge} from '../sampling/read-edge.js';
import type {SampleAnswer, SampleRequest} from './messages.js';
import {idOf} from './messages.js';
import type {SampleWorker, SampleWorkerEvent} from './sample-worker.js';

export interface BackgroundSamplerArgs {
  /** Starts a worker. */
  readonly worker: () => SampleWorker;
  /** How many samples may wait for the worker. */
  readonly limit: number;
  /** Milliseconds that a new worker has to report that it is ready. */
  readonly startTimeout: number;
}

/**
 * Measures samples in a worker, one after the other, the oldest first.
 *
 * If the worker dies, a new one is started and receives the request again. If that one dies too, or if a worker never reports
 * that it is ready, the samples fail, and no more are taken until the next run.
 */
export class BackgroundSampler {
  private worker: SampleWorker | null = null;
  private isReady = false;
  private giveUp: () => void = () => {};
  private deaths = 0;
  private count = 0;
  /** The first one is at the worker. */
  private readonly pending: Pending[] = [];

  constructor(private readonly args: BackgroundSamplerArgs) {}

  /** Whether no more samples are taken until the next run. */
  get isDead(): boolean {
    return this.deaths > 1;
  }

  /** Whether as many samples wait as may. */
  get isFull(): boolean {
    return this.pending.length > this.args.limit;
  }

  /** The number of samples that have not come yet. */
  get backlog(): number {
    return this.pending.length;
  }

  /** Called when a run begins. Starts the worker if there is none, while training makes its first steps. */
  open(): void {
    this.deaths = 0;
    this.worker ??= this.launch();
  }

  /**
   * Measures the model on the batch, both as they are at the call. It owns the scales of the edge.
   *
   * The caller may change both as soon as the call returns.
   */
  measure(model: LayersModel, batch: Batch, args: MeasureArgs, edge: Edge): Promise<Measurement> {
    const {promise, ...settle} = promiseOfAnswer();
    const pending: Pending = {request: null, ...settle};
    this.pending.push(pending);
    snapshot(this.count++, model, batch, args, edge).then(
      request => {
        pending.request = request;
        if (pending === this.pending[0]) this.post();
      },
      error => this.finish(pending, () => pending.reject(error)),
    );
    return promise;
  }

  dispose(): void {
    this.worker?.terminate();
    this.worker = null;
    this.giveUp();
    this.failAll(() => new TfjsHessianError('The callback was disposed while it took a sample.'));
  }

  /** Sends the oldest sample to the worker, if its snapshot has been read. */
  private post(): void {
    const request = this.pending[0]?.request;
    if (request == null) return;
    this.worker ??= this.launch();
    // The process must not end before the answer.
    this.worker.ref?.();
    this.worker.postMessage(request);
    if (!this.isReady) this.giveUpLater(this.worker);
  }

  private launch(): SampleWorker {
    const worker = check('background.worker()', workerSchema, this.args.worker());
    this.isReady = false;
    worker.addEventListener('message', ({data}) => {
      if (this.worker === worker) this.onMessage(data as SampleAnswer);
    });
    worker.addEventListener('error', event => this.onDeath(worker, event));
    worker.unref?.();
    return worker;
  }

  /** Fails the samples if the worker stays silent. */
  private giveUpLater(worker: SampleWorker): void {
    this.giveUp();
    const {startTimeout} = this.args;
    const stop = () => {
      if (this.worker !== worker || this.isReady) return;
      worker.terminate();
      this.worker = null;
      this.deaths = 2;
      this.failAll(() => new TfjsHessianError(silent(startTimeout)));
    };
    // Where training blocked this thread, the worker's message may be waiting behind the timer.
    let timer = setTimeout(() => {
      timer = setTimeout(stop, GRACE);
    }, startTimeout);
    this.giveUp = () => clearTimeout(timer);
  }

  private onMessage(answer: SampleAnswer): void {
    this.isReady = true;
    this.giveUp();
    const [pending] = this.pending;
    // It says that it begins, answers a request that was given up, or other code has sent the message.
    if (pending === undefined || pending.request?.id !== idOf(answer)) return;
    this.worker?.unref?.();
    this.finish(pending, () => {
      if ('measurement' in answer) pending.resolve(answer.measurement);
      else pending.reject(Object.assign(new TfjsHessianError(answer.error.message), {name: answer.error.name}));
    });
  }

  private onDeath(worker: SampleWorker, {message}: SampleWorkerEvent): void {
    if (this.worker !== worker) return;
    worker.terminate();
    this.worker = null;
    this.giveUp();
    if (++this.deaths === 1) this.post();
    else this.failAll(() => new TfjsHessianError(`${DEAD} Its error: ${message ?? 'unknown'}`));
  }

  private finish(pending: Pending, settle: () => void): void {
    const place = this.pending.indexOf(pending);
    if (place < 0) return;
    this.pending.splice(place, 1);
    settle();
    if (place === 0) this.post();
  }

  private failAll(error: () => Error): void {
    for (const pending of this.pending.splice(0)) pending.reject(error());
  }
}

/** Milliseconds in which a message that has already been sent arrives. */
const GRACE = 1_000;

function silent(milliseconds: number): string {
  return (
    `The worker that takes samples has not said within ${milliseconds / 1000} s that it is ready, so no more samples are taken in ` +
    'this run; its script must call serveSamples(self), and if it takes longer to start, give it more time with ' +
    '{background: {startTimeout: 120_000}}.'
  );
}

const workerSchema = withMethods<SampleWorker>(['postMessage', 'addEventListener', 'terminate'], 'a worker');

const DEAD =
  'The worker that takes samples died twice in this run, so no more samples are taken in it; ' +
  'with {background: false} samples are taken on the main thread.';

interface Pending {
  /** `null` while the snapshot is being read. */
  request: SampleRequest | null;
  readonly resolve: (measurement: Measurement) => void;
  readonly reject: (error: unknown) => void;
}

function promiseOfAnswer(): Omit<Pending, 'request'> & {readonly promise: Promise<Measurement>} {
  let settle!: Omit<Pending, 'request'>;
  const promise = new Promise<Measurement>((resolve, reject) => {
    settle = {resolve, reject};
  });
  return {promise, ...settle};
}

/**
 * Reads a snapshot of the weights and the batch. References are taken at the call, so training need not wait for the
 * reading.
 */
async function snapshot(
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
