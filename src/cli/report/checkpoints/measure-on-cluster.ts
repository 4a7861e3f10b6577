import * as tf from '@tensorflow/tfjs-core';
import {check} from '../../../arguments/check.js';
import {redisUrl} from '../../../cluster/redis/redis-address.js';
import {assertPeers} from '../../../cluster/redis/redis-client.js';
import {measureModels} from '../../../cluster/reports/measure-models.js';
import type {Report, ReportWork} from '../../../cluster/reports/report-messages.js';
import {queueName} from '../../../cluster/sample-queue.js';
import type {Checkpoint} from '../../../report/checkpoints/checkpoint.js';
import {asUsage} from '../../usage-error.js';
import {type Prepared, readSavedModel} from '../measure-model.js';
import type {ReportFlags} from '../report-flags.js';
import {sentModel} from '../sent-model.js';
import {checkpointProgress} from './checkpoint-progress.js';
import type {ClusterFlags} from './cluster-flags.js';
import type {FoundCheckpoint} from './find-checkpoints.js';
import type {Measured} from './measured.js';

/** Milliseconds that a report waits for Redis, and while no worker is there. */
const [REDIS_TIMEOUT, WORKER_TIMEOUT] = [30_000, 600_000];

/**
 * A function that has saved models reported by the workers of a cluster. Nothing connects before it is called.
 *
 * @throws InvalidArgumentError for a wrong flag, and if a package is not installed.
 */
export function measuringOn({redis, queue, maxBytes}: ClusterFlags) {
  const address = asUsage(() => redisUrl('--redis', redis === true ? undefined : redis));
  asUsage(() => check('--queue', queueName(), queue));
  assertPeers('--redis');
  const waiting = {redisTimeout: REDIS_TIMEOUT, workerTimeout: WORKER_TIMEOUT};
  return async (
    found: readonly FoundCheckpoint[],
    {data}: Prepared,
    flags: ReportFlags,
    signal: AbortSignal,
  ): Promise<Measured> => {
    const ended = new Map<number, Checkpoint>();
    let batches = 0;
    const progress = checkpointProgress(found.length);
    try {
      await measureModels({
        ...{address, queue, maxBytes, ...waiting, signal, data},
        count: found.length,
        requestOf: index => {
          const {path} = found[index]!;
          return {backend: tf.getBackend(), path, ...sentModel(readSavedModel(path)), work: workOf(flags)};
        },
        onEnd: (index, end) => {
          const {name, path} = found[index]!;
          ended.set(index, {name, path, ...entryOf(end)});
          if (!(end instanceof Error)) ({batches} = end);
          progress.ended(ended.size - 1);
        },
      });
      return {checkpoints: inOrder(ended), batches};
    } catch (failure) {
      return {checkpoints: inOrder(ended), batches, ...(!signal.aborted && {failure})};
    } finally {
      progress.stop();
    }
  };
}

function workOf({data: _data, import: _import, out: _out, json: _json, ...work}: ReportFlags): ReportWork {
  return work;
}

function entryOf(end: Report | Error) {
  return end instanceof Error ? {error: end.message} : {loss: end.loss, spectra: end.spectra};
}

function inOrder(ended: ReadonlyMap<number, Checkpoint>): Checkpoint[] {
  return [...ended].sort(([a], [b]) => a - b).map(([, checkpoint]) => checkpoint);
}
