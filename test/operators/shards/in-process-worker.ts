import type {SampleWorker, SampleWorkerEvent} from '../../../src/callbacks/background/sample-worker.js';
import type {ServeProductsArgs} from '../../../src/operators/shards/serve-products.js';
import {serveProducts} from '../../../src/operators/shards/serve-products.js';

/** A worker whose script runs in this thread. Messages are cloned, as between threads. */
export class InProcessWorker implements SampleWorker {
  readonly requests: {readonly type: string}[] = [];
  isTerminated = false;
  private readonly listeners = new Map<string, (event: SampleWorkerEvent) => void>();
  private listen: (event: {data: unknown}) => void = () => {};

  /** @param onRequest sees each request first; if it returns `false`, the script does not get it. */
  constructor(
    args: ServeProductsArgs | 'silent' = {},
    private readonly onRequest: (worker: InProcessWorker, type: string) => boolean = () => true,
  ) {
    if (args === 'silent') return;
    serveProducts(
      {
        postMessage: message => this.isTerminated || this.listeners.get('message')?.({data: structuredClone(message)}),
        addEventListener: (_, listener) => {
          this.listen = listener;
        },
      },
      args,
    );
  }

  postMessage(message: unknown): void {
    const data = structuredClone(message) as {type: string};
    this.requests.push(data);
    queueMicrotask(() => {
      if (!this.isTerminated && this.onRequest(this, data.type) !== false) this.listen({data});
    });
  }

  addEventListener(type: 'message' | 'error', listener: (event: SampleWorkerEvent) => void): void {
    this.listeners.set(type, listener);
  }

  die(message: string): void {
    this.listeners.get('error')?.({message});
  }

  terminate(): void {
    this.isTerminated = true;
  }
}
