import {InvalidArgumentError} from '../../errors.js';
import {nodeWorkerUrl} from '../../node-worker-url.js';
import type {SampleWorker, SampleWorkerEvent} from './sample-worker.js';

/**
 * A worker thread of Node that serves samples on the backend that is asked for.
 *
 * Node hands out its built-in modules at run time, so that nothing here asks a bundler for one.
 *
 * @throws InvalidArgumentError where there is none.
 */
export function startWorkerThread(): SampleWorker {
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  if (threads === undefined) {
    throw new InvalidArgumentError(
      'background: true starts a worker thread of Node 20.16 or newer; elsewhere give the callback a worker whose ' +
        "script calls serveSamples(self), {background: {worker: () => new Worker(new URL('./curvature-worker.js', " +
        "import.meta.url), {type: 'module'})}}.",
    );
  }
  const {href} = nodeWorkerUrl();
  const name = 'tfjs-hessian';
  // From a checkout of this package the script is TypeScript, which the thread must learn first.
  const worker = href.endsWith('.ts')
    ? new threads.Worker(`import('tsx/esm/api').then(({register}) => (register(), import('${href}')))`, {
        name,
        eval: true,
      })
    : new threads.Worker(new URL(href), {name});
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
