import type * as tf from '@tensorflow/tfjs-core';
import type {ModelCompileArgs} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {check} from '../../arguments/check.js';
import {optionsOf} from '../../arguments/options.js';
import {disposeBatch, mapBatch} from '../../model/batch-tensors.js';
import type {PackedTensor} from '../../model/sent/packed-tensors.js';
import {unpack} from '../../model/sent/packed-tensors.js';
import {Replica, UnbuildableModelError} from '../../model/sent/replica.js';
import {useBackend} from '../../model/sent/use-backend.js';
import type {WorkerScope} from '../../model/sent/worker-scope.js';
import {lossOfScript, workerScope} from '../../model/sent/worker-scope.js';
import {isAboutProducts} from '../../operators/shards/messages.js';
import {toError} from '../../streams/shielded.js';
import {measureCurvature} from '../sampling/measure-curvature.js';
import type {Edge} from '../sampling/read-edge.js';
import type {SampleAnswer} from './messages.js';
import {checkRequest, idOf} from './messages.js';

/** The scope of a worker's script, as `serveSamples` takes it. */
export type SampleScope = WorkerScope;

/** Options of `serveSamples`. */
export interface ServeSamplesArgs {
  /** The loss of the model if it is a function, which cannot be sent to a worker; default: the loss that the model names. */
  readonly loss?: ModelCompileArgs['loss'];
}

const serveSamplesArgs = optionsOf<ServeSamplesArgs>('serveSamples()')({
  loss: optional(lossOfScript()),
});

/**
 * Makes a worker take the samples of a `HessianSpectrumCallback` with `background: {worker}`.
 *
 * The script of the worker imports the TensorFlow.js backend that the page trains with, and the custom layers of the model.
 * The worker holds a second copy of the model and of one batch.
 *
 * @throws InvalidArgumentError if `scope` is not the scope of a worker.
 * @example
 * // curvature-worker.ts
 * import '@tensorflow/tfjs-backend-webgl';
 * import {serveSamples} from 'tfjs-hessian';
 * serveSamples(self);
 */
export function serveSamples(scope: SampleScope, args?: ServeSamplesArgs): void {
  check('scope', workerScope, scope);
  const {loss} = serveSamplesArgs(args);
  const replica = new Replica('serveSamples', loss);
  let turn = Promise.resolve();
  scope.addEventListener('message', ({data}) => {
    // A script may serve both.
    if (isAboutProducts(data)) return;
    turn = turn.then(async () =>
      scope.postMessage(await answer(data, replica, () => scope.postMessage({isReady: true}))),
    );
  });
}

/** @param begin tells a worker that takes a long sample from one whose script does not serve samples. */
async function answer(data: unknown, replica: Replica, begin: () => void): Promise<SampleAnswer> {
  try {
    const request = checkRequest(data);
    begin();
    const {id, args} = request;
    await useBackend(request.backend);
    const model = await replica.of(request);
    const batch = mapBatch(request.batch, unpack);
    try {
      return {id, measurement: await measureCurvature(model, batch, args, unpackEdge(request.edge))};
    } finally {
      disposeBatch(batch);
    }
  } catch (thrown) {
    const {name, message} = toError(thrown);
    const unknown = thrown instanceof UnbuildableModelError ? thrown.unknown : null;
    return {id: idOf(data), error: {name, message, ...(unknown && {unknown})}};
  }
}

/** The caller owns the scales. */
function unpackEdge(edge: Edge<PackedTensor>): Edge {
  if ('reason' in edge) return edge;
  return {...edge, scales: edge.scales === null ? null : (unpack(edge.scales) as tf.Tensor1D)};
}
