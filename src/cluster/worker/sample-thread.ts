import {idOf, type SampleAnswer, type SampleRequest} from '../../callbacks/background/messages.js';
import type {SampleWorker} from '../../callbacks/background/sample-worker.js';
import {startWorkerThread} from '../../callbacks/background/worker-thread.js';
import {ClusterError} from '../../errors.js';
import type {ReportAnswer, ReportRequest} from '../reports/report-messages.js';

/** A thread that takes samples and reports, one after the other. Locks are renewed meanwhile, since the work is not on the main thread. */
export class SampleThread {
  private worker: SampleWorker | null = null;
  private fail: (error: Error) => void = () => {};
  private answered: (answer: SampleAnswer | ReportAnswer) => void = () => {};

  constructor(private readonly imports: readonly string[]) {}

  /** @throws ClusterError if the thread dies. The next sample starts another. */
  take(request: SampleRequest | ReportRequest): Promise<SampleAnswer | ReportAnswer> {
    this.worker ??= this.start();
    const {worker} = this;
    return new Promise((resolve, reject) => {
      this.answered = resolve;
      this.fail = reject;
      worker.postMessage(request);
    });
  }

  /**
   * Ends the thread, which frees its memory. A process that exits before this resolves can crash in the engine.
   *
   * @param why what the sample that it takes fails with.
   */
  async end(why = 'The worker ended while it took the sample.'): Promise<void> {
    const {worker} = this;
    this.worker = null;
    this.fail(new ClusterError(why));
    await worker?.terminate();
  }

  private start(): SampleWorker {
    const worker = startWorkerThread(this.imports);
    worker.addEventListener('message', ({data}) => {
      // The other messages say that it begins.
      if (idOf(data) >= 0) this.answered(data as SampleAnswer | ReportAnswer);
    });
    worker.addEventListener('error', ({message}) => {
      if (this.worker !== worker) return;
      this.worker = null;
      this.fail(new ClusterError(`The thread that took the sample died: ${message ?? 'unknown'}.`));
    });
    return worker;
  }
}
