import {idOf, type SampleAnswer, type SampleRequest} from '../../callbacks/background/messages.js';
import type {SampleWorker} from '../../callbacks/background/sample-worker.js';
import {startWorkerThread} from '../../callbacks/background/worker-thread.js';
import {ClusterError} from '../../errors.js';

/** A thread that takes samples, one after the other. Locks are renewed meanwhile, since the work is not on the main thread. */
export class SampleThread {
  private worker: SampleWorker | null = null;
  private fail: (error: Error) => void = () => {};
  private answered: (answer: SampleAnswer) => void = () => {};

  constructor(private readonly imports: readonly string[]) {}

  /** @throws ClusterError if the thread dies. The next sample starts another. */
  take(request: SampleRequest): Promise<SampleAnswer> {
    this.worker ??= this.start();
    const {worker} = this;
    return new Promise((resolve, reject) => {
      this.answered = resolve;
      this.fail = reject;
      worker.postMessage(request);
    });
  }

  /** Ends the thread, which frees its memory. A process that exits before this resolves can crash in the engine. */
  async end(): Promise<void> {
    const {worker} = this;
    this.worker = null;
    this.fail(new ClusterError('The worker ended while it took the sample.'));
    await worker?.terminate();
  }

  private start(): SampleWorker {
    const worker = startWorkerThread(this.imports);
    worker.addEventListener('message', ({data}) => {
      // The other messages say that it begins.
      if (idOf(data) >= 0) this.answered(data as SampleAnswer);
    });
    worker.addEventListener('error', ({message}) => {
      if (this.worker !== worker) return;
      this.worker = null;
      this.fail(new ClusterError(`The thread that took the sample died: ${message ?? 'unknown'}.`));
    });
    return worker;
  }
}
