import * as threads from 'node:worker_threads';
import {InvalidArgumentError, TfjsHessianError} from '../../errors.js';
import {startThread} from '../../node-thread.js';
import type {Fail} from '../../sinks/sink.js';
import {waitAtMost} from '../../wait-at-most.js';
import {Backlog} from './backlog.js';
import {pageFiles} from './page-files.js';
import type {FromPage, PageNews, PageStart, ToPage} from './page-messages.js';
import type {Place} from './page-server.js';

/** The number of messages that may wait for the thread, so that memory is limited. */
const MOST_WAITING = 64;
/** Megabytes of new objects before the thread collects garbage: samples come as such, and become columns of numbers. */
const YOUNG = 8;
/** The time that the thread may take to close, in milliseconds. */
const CLOSING = 5000;

/**
 * A thread that serves a page, which answers while training blocks this one. It keeps the process alive only while it has
 * something to show.
 */
export class PageThread {
  /** The URL of the page, with its token. */
  url = '';
  private readonly backlog = new Backlog();
  private readonly worker: threads.Worker;
  private readonly exited: Promise<void>;
  private state: 'opening' | 'open' | 'closing' | 'gone' = 'opening';
  private crash: unknown;
  private waiting: (() => void)[] = [];
  /** Whether messages wait, or their faults were not reported. */
  private isBusy = false;
  /** Open pages get the last samples also if `process.exit` follows them. */
  private readonly beforeExit = () => {
    if (this.state === 'open') {
      this.send({kind: 'flush'});
      this.backlog.add();
    }
    this.backlog.shrinkTo(0);
  };

  private constructor(
    start: Omit<PageStart, 'handled'>,
    private readonly fail: Fail,
  ) {
    const workerData: PageStart = {...start, handled: this.backlog.handled};
    const resourceLimits = {maxYoungGenerationSizeMb: YOUNG};
    this.worker = startThread(threads, 'node-page-worker', {name: 'tfjs-hessian-page', workerData, resourceLimits});
    this.exited = new Promise(resolve => this.worker.once('exit', () => resolve()));
  }

  /**
   * Starts the thread.
   *
   * @param fail is called for what cannot be shown, and if the thread fails.
   * @throws InvalidArgumentError if the port cannot be opened.
   */
  static async open(place: Place, fail: Fail): Promise<PageThread> {
    const thread = new PageThread({place, files: await pageFiles()}, fail);
    await thread.listen();
    return thread;
  }

  /** Whether it was closed or has failed. */
  get isGone(): boolean {
    return this.state === 'closing' || this.state === 'gone';
  }

  /**
   * Sends what is new to the page. Blocks while the thread is far behind.
   *
   * @throws TfjsHessianError if the thread has failed or does not go on.
   */
  tell(news: PageNews): void {
    if (this.isGone) {
      throw new TfjsHessianError('its page is no longer served; make a new one.', {cause: this.crash});
    }
    if (!this.backlog.shrinkTo(MOST_WAITING - 1)) {
      throw new TfjsHessianError(`the thread of its page does not go on; ${this.backlog.size} messages wait for it.`);
    }
    this.send(news);
    this.backlog.add();
    this.isBusy = true;
    this.worker.ref();
  }

  /** Resolves when the page knows all that was told, or when the thread is gone. */
  settled(): Promise<void> {
    if (!this.isBusy) return Promise.resolve();
    return new Promise(resolve => {
      this.waiting.push(resolve);
    });
  }

  async close(): Promise<void> {
    if (this.state === 'open') {
      this.state = 'closing';
      this.send({kind: 'close'});
    }
    this.worker.ref();
    await waitAtMost(CLOSING, this.exited);
    await this.worker.terminate();
  }

  private send(message: ToPage): void {
    this.worker.postMessage(message);
  }

  private async listen(): Promise<void> {
    const {worker} = this;
    worker.on('error', error => {
      this.crash = error;
    });
    this.url = await new Promise<string>((resolve, reject) => {
      worker.on('message', (message: FromPage) => {
        if (message.kind === 'open') resolve(message.url);
        else if (message.kind === 'refused') reject(refusal(message));
        else if (message.kind === 'fault') this.fail(message.error, message.what);
        else if (this.backlog.size === 0) this.settle();
      });
      worker.on('exit', code => {
        const reason = this.crash instanceof Error ? this.crash.message : `exit code ${code}`;
        const error = new TfjsHessianError(`its thread has ended (${reason}).`, {cause: this.crash});
        reject(error);
        this.end(error);
      });
    });
    this.state = 'open';
    worker.unref();
    process.on('exit', this.beforeExit);
  }

  private settle(): void {
    this.isBusy = false;
    this.worker.unref();
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private end(error: TfjsHessianError): void {
    const {state} = this;
    this.state = 'gone';
    process.off('exit', this.beforeExit);
    this.settle();
    if (state === 'open') this.fail(error, 'no longer serves its page');
  }
}

function refusal({error, isInvalid}: Extract<FromPage, {kind: 'refused'}>): Error {
  const {message, cause} = error;
  return isInvalid ? new InvalidArgumentError(message, {cause}) : new TfjsHessianError(message, {cause});
}
