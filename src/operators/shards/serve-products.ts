import type {ModelCompileArgs} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {check} from '../../arguments/check.js';
import {optionsOf} from '../../arguments/options.js';
import {TfjsHessianError} from '../../errors.js';
import {turnIfDue} from '../../event-loop.js';
import {UnbuildableModelError} from '../../model/sent/replica.js';
import type {WorkerScope} from '../../model/sent/worker-scope.js';
import {lossOfScript, workerScope} from '../../model/sent/worker-scope.js';
import type {ThreadAnswer, ThreadRequest} from './messages.js';
import {isAboutProducts} from './messages.js';
import {ShardServer} from './shard-server.js';

/** Options of `serveProducts`. */
export interface ServeProductsArgs {
  /** The loss of the model if it is a function, which cannot be sent to a worker; default: the loss that the model names. */
  readonly loss?: ModelCompileArgs['loss'];
}

const serveProductsArgs = optionsOf<ServeProductsArgs>('serveProducts()')({loss: optional(lossOfScript())});

/**
 * Makes a worker compute products over a data set, for an operator with `on: threads({workers, worker})`.
 *
 * The script of the worker imports the TensorFlow.js backend that the operator is made on, and registers the custom layers of the
 * model. The worker holds a copy of the model, its part of the batches, and their linearizations.
 *
 * @throws InvalidArgumentError if `scope` is not the scope of a worker.
 * @example
 * // products-worker.js
 * import '@tensorflow/tfjs-node-gpu';
 * import {parentPort} from 'node:worker_threads';
 * import {serveProducts} from 'tfjs-hessian';
 * import './my-layers.js';
 * serveProducts({
 *   postMessage: (message, transfer) => parentPort.postMessage(message, transfer),
 *   addEventListener: (type, listener) => parentPort.on(type, data => listener({data})),
 * });
 */
export function serveProducts(scope: WorkerScope, args?: ServeProductsArgs): void {
  check('scope', workerScope, scope);
  const {loss} = serveProductsArgs(args);
  const thread = new ProductThread(scope, loss);
  scope.addEventListener('message', ({data}) => {
    // A script may serve samples, too.
    if (isAboutProducts(data)) thread.receive(data as ThreadRequest);
  });
}

/** Serves one operator, one message after the other. */
class ProductThread {
  private server: ShardServer | null = null;
  private failure: unknown = null;
  private readonly cancelled = new Set<number>();
  private turn = Promise.resolve();

  constructor(
    private readonly scope: WorkerScope,
    private readonly loss: ModelCompileArgs['loss'] | undefined,
  ) {}

  receive(request: ThreadRequest): void {
    // It must not wait for the task that it cancels.
    if (request.type === 'cancel') this.cancelled.add(request.id);
    else this.turn = this.turn.then(() => this.handle(request));
  }

  private async handle(request: Exclude<ThreadRequest, {type: 'cancel'}>): Promise<void> {
    try {
      if (request.type === 'open') {
        this.post({products: 1, type: 'ready'});
        const {setup, memoryLimit} = request;
        this.server?.dispose();
        this.server = null;
        this.failure = null;
        this.server = await ShardServer.open(setup, {memoryLimit, ...(this.loss !== undefined && {loss: this.loss})});
      } else if (request.type === 'batch') {
        this.server?.put(request.batch, request.bytes);
      } else {
        await this.run(request.id, request.task, request.batches);
      }
    } catch (error) {
      // The next task reports it.
      this.failure = error;
    }
  }

  private async run(id: number, task: Uint8Array, batches: readonly number[]): Promise<void> {
    try {
      if (this.failure !== null) throw this.failure;
      if (this.server === null) throw new TfjsHessianError('The worker got a task before it got the model.');
      const bytes = await this.server.run(task, batches, async () => {
        await turnIfDue();
        if (this.cancelled.has(id)) throw new TfjsHessianError('The product has been stopped.');
      });
      this.post({products: 1, type: 'answer', id, bytes}, [bytes.buffer]);
    } catch (thrown) {
      const {name, message} = thrown instanceof Error ? thrown : new Error(String(thrown));
      const unknown = thrown instanceof UnbuildableModelError ? thrown.unknown : null;
      this.post({products: 1, type: 'error', id, error: {name, message, ...(unknown && {unknown})}});
    } finally {
      this.cancelled.delete(id);
    }
  }

  private post(answer: ThreadAnswer, transfer: Transferable[] = []): void {
    (this.scope as TransferringScope).postMessage(answer, transfer);
  }
}

/** A scope hands over memory instead of copying it. */
interface TransferringScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
}
