import type {LayersModel} from '@tensorflow/tfjs-layers';
import {check} from '../../arguments/check.js';
import {withMethods} from '../../arguments/kinds.js';
import {TfjsHessianError} from '../../errors.js';
import type {Batch} from '../../model/batch.js';
import type {MeasureArgs, Measurement} from '../sampling/measure-curvature.js';
import type {Edge} from '../sampling/read-edge.js';
import type {SampleAnswer, SampleRequest} from './messages.js';
import {idOf} from './messages.js';
import type {SampleWorker, SampleWorkerEvent} from './sample-worker.js';
import type {Sampler} from './sampler.js';
import {snapshot} from './snapshot.js';

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
export class BackgroundSampler implements Sampler {
  private worker: SampleWorker | null = null;
  private isReady = false;
  private giveUp: () => void = () => {};
  private deaths = 0;
  private count = 0;
  /** The first one is at the worker. */
  private readonly pending: Pending[] = [];

  constructor(private readonly args: BackgroundSamplerArgs) {}

  get isDead(): boolean {
    return this.deaths > 1;
  }

  get isFull(): boolean {
    return this.pending.length > this.args.limit;
  }

  /** Starts the worker if there is none, while training makes its first steps. */
  open(): void {
    this.deaths = 0;
    this.worker ??= this.launch();
  }

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
