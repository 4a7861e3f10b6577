import {optional, union} from 'valibot';
import {check, mustBe} from '../../arguments/check.js';
import {functionThat, hasMethods, that, wholeNumber} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import type {SampleWorker} from '../../callbacks/background/sample-worker.js';
import type {NodeWorker} from '../../callbacks/background/worker-thread.js';
import {asSampleWorker, startWorkerThread} from '../../callbacks/background/worker-thread.js';
import {defaultMemoryLimit} from '../../operators/from-model/default-memory-limit.js';
import type {ProductPlacement} from '../../operators/shards/product-workers.js';
import {ProductThread} from './product-thread.js';
import {ThreadTeam} from './thread-team.js';

/** Options of `threads`. */
export interface ThreadsArgs {
  /** The number of threads. */
  readonly workers: number;
  /**
   * Starts a worker whose script calls `serveProducts`: a worker thread of Node or a web worker. Needed where the model has layers of your
   * own or a loss that is a function. Default: a worker thread that knows what TensorFlow.js and this package know.
   */
  readonly worker?: () => SampleWorker | NodeWorker;
  /** Milliseconds in which a new worker must say that it is ready; default 60 000. */
  readonly startTimeout?: number;
}

const COUNT = 'a number of threads of at least 1, or {workers, worker, startTimeout}';

const threadsArgs = optionsOf<ThreadsArgs>('threads()')({
  workers: wholeNumber(),
  worker: optional(functionThat<NonNullable<ThreadsArgs['worker']>>('a function that makes a worker')),
  startTimeout: optional(wholeNumber(), 60_000),
});

const workersOrArgs = union(
  [that<number>(value => Number.isSafeInteger(value) && (value as number) > 0, COUNT), threadsArgs.schema],
  mustBe(COUNT),
);

const workerSchema = that<SampleWorker | NodeWorker>(
  value =>
    hasMethods(value, ['postMessage', 'terminate']) &&
    (hasMethods(value, ['addEventListener']) || hasMethods(value, ['on'])),
  'a worker',
);

/**
 * Computes the products of an operator over a data set in threads of this process: `hessian(model, dataset, {on: threads(2)})`.
 *
 * Each operator has threads of its own, until its `dispose()`. The batches are divided among them; each holds a copy of the model, its
 * batches and, within its part of `memoryLimit`, their linearizations. A product sends the vector, through memory that the threads share,
 * and adds the threads' sums in a fixed order. So the bits are those of the operator without threads, for any number of them, also if a
 * thread dies: others take its batches.
 *
 * Estimators and `multiplyInParts` use the threads. `matvec` and `matmat` return at once and so compute in this thread, with the same
 * bits, at about three gradients for each batch.
 *
 * @throws InvalidArgumentError for a number of threads that is not a whole number of at least 1.
 * @example
 * const H = await hessian(model, batches, {on: threads(2)});
 * const {value} = await trace(H);
 * H.dispose(); // ends the threads
 */
export function threads(workers: number | ThreadsArgs): ProductPlacement {
  const checked = check('The argument of threads()', workersOrArgs, workers);
  const {
    workers: count,
    worker = startWorkerThread,
    startTimeout,
  } = threadsArgs(typeof checked === 'number' ? {workers: checked} : (checked as ThreadsArgs));
  return {
    open: source => {
      const share = (source.memoryLimit ?? defaultMemoryLimit()) / Math.min(count, source.batches);
      return new ThreadTeam(source, count, () => new ProductThread(launch(worker), source, share, startTimeout));
    },
  };
}

function launch(start: NonNullable<ThreadsArgs['worker']>): SampleWorker {
  const worker = check('threads({worker})', workerSchema, start());
  return 'addEventListener' in worker ? worker : asSampleWorker(worker);
}
