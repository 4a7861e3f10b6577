import type {SampleWorker} from '../../callbacks/background/sample-worker.js';
import {TfjsHessianError} from '../../errors.js';
import type {ThreadAnswer, ThreadRequest} from '../../operators/shards/messages.js';
import {isAboutProducts} from '../../operators/shards/messages.js';
import type {ProductSource} from '../../operators/shards/product-workers.js';
import type {TeamMember} from '../team/product-team.js';
import {WorkerDeath} from '../team/worker-death.js';
import {workerError} from '../team/worker-error.js';

/** A request without what all requests of a thread have. */
type OwnPart<Request> = Request extends unknown ? Omit<Request, 'products' | 'backend'> : never;

interface Pending {
  resolve(answer: Uint8Array): void;
  reject(error: Error): void;
}

/** A worker that computes products on its batches. */
export class ProductThread implements TeamMember {
  private death: Error | null = null;
  private isReady = false;
  private count = 0;
  /** The batches that it has, or is being sent. */
  private readonly held = new Map<number, Promise<void>>();
  private readonly pending = new Map<number, Pending>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param memoryLimit the bytes that the linearizations of its batches may take.
   * @param startTimeout the milliseconds in which it must say that it is ready.
   */
  constructor(
    private readonly worker: SampleWorker,
    private readonly source: ProductSource,
    memoryLimit: number,
    startTimeout: number,
  ) {
    worker.addEventListener('message', ({data}) => {
      if (isAboutProducts(data)) this.onAnswer(data as ThreadAnswer);
    });
    worker.addEventListener('error', ({message}) => this.end(new WorkerDeath(message ?? 'unknown')));
    worker.unref?.();
    this.post({type: 'open', setup: source.setup, memoryLimit: {given: memoryLimit, atMost: Number.POSITIVE_INFINITY}});
    this.timer = setTimeout(() => this.onSilence(startTimeout), startTimeout);
    (this.timer as {unref?(): void}).unref?.();
  }

  get isDead(): boolean {
    return this.death !== null;
  }

  async run(task: Uint8Array, batches: readonly number[], signal: AbortSignal): Promise<Uint8Array> {
    for (const batch of batches) {
      const sent = this.held.get(batch) ?? this.send(batch);
      this.held.set(batch, sent);
      await sent;
      signal.throwIfAborted();
    }
    if (this.death !== null) throw this.death;
    const id = this.count++;
    const answer = new Promise<Uint8Array>((resolve, reject) => this.pending.set(id, {resolve, reject}));
    const cancel = () => this.post({type: 'cancel', id});
    signal.addEventListener('abort', cancel);
    // The process must not end before the answer.
    this.worker.ref?.();
    this.post({type: 'run', id, task, batches});
    try {
      return await answer;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.pending.delete(id);
      if (this.pending.size === 0) this.worker.unref?.();
    }
  }

  /** Ends the worker. What it works on fails with the error. */
  end(error: Error): void {
    if (this.death !== null) return;
    this.death = error;
    clearTimeout(this.timer);
    this.worker.terminate();
    for (const {reject} of this.pending.values()) reject(error);
    this.pending.clear();
  }

  private async send(batch: number): Promise<void> {
    this.post({type: 'batch', batch, bytes: await this.source.batch(batch)});
  }

  private post(request: OwnPart<ThreadRequest>): void {
    if (this.death === null) this.worker.postMessage({...request, products: 1, backend: this.source.backend});
  }

  private onAnswer(answer: ThreadAnswer): void {
    this.isReady = true;
    clearTimeout(this.timer);
    if (answer.type === 'ready') return;
    const pending = this.pending.get(answer.id);
    if (answer.type === 'answer') pending?.resolve(answer.bytes);
    else pending?.reject(workerError(answer.error));
  }

  private onSilence(milliseconds: number): void {
    const give = () => {
      if (this.isReady) return;
      this.end(
        new TfjsHessianError(
          `A worker for products has not said within ${milliseconds / 1000} s that it is ready; its script must call serveProducts(self), and if ` +
            'it takes longer to start, give it more time with threads({startTimeout: 120_000}).',
        ),
      );
    };
    // Where this thread was blocked, the worker's message may be waiting behind the timer.
    this.timer = setTimeout(give, 1_000);
    (this.timer as {unref?(): void}).unref?.();
  }
}
