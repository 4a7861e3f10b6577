import {InvalidArgumentError} from '../../errors.js';
import {startThread} from '../../node-thread.js';
import type {SampleWorker, SampleWorkerEvent} from './sample-worker.js';

/**
 * Starts a worker thread of Node that serves samples on the requested backend.
 *
 * Node's built-in module is loaded at run time, so that bundlers do not look for it.
 *
 * @param imports modules of the user that the thread imports, with custom classes.
 * @throws InvalidArgumentError outside of Node.
 */
export function startWorkerThread(imports: readonly string[] = []): SampleWorker {
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  if (threads === undefined) {
    throw new InvalidArgumentError(
      'background: true starts a worker thread of Node 20.16 or newer; elsewhere give the callback a worker whose ' +
        "script calls serveSamples(self), {background: {worker: () => new Worker(new URL('./curvature-worker.js', " +
        "import.meta.url), {type: 'module'})}}.",
    );
  }
  return asSampleWorker(startThread(threads, 'node-worker', {name: 'tfjs-hessian', workerData: {imports}}));
}

/** The part of a worker thread of Node that is used. */
export interface NodeWorker {
  /** Sends a message to the thread. */
  postMessage(message: unknown): void;
  /** Hears of messages, errors and the end of the thread. */
  on(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): unknown;
  /** Ends the thread. */
  terminate(): unknown;
  /** The thread keeps the process alive. */
  ref(): void;
  /** The thread does not keep the process alive. */
  unref(): void;
}

/** A worker thread of Node as if it were a web worker. */
export function asSampleWorker(worker: NodeWorker): SampleWorker {
  return {
    postMessage: message => worker.postMessage(message),
    addEventListener(type: 'message' | 'error', listener: (event: SampleWorkerEvent) => void) {
      if (type === 'message') {
        worker.on('message', data => listener({data}));
        return;
      }
      worker.on('error', error => listener({message: String(error)}));
      worker.on('exit', code => listener({message: `exit code ${code}`}));
    },
    terminate: () => worker.terminate(),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
  };
}
