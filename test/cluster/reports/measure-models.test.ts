import {writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {Redis} from 'ioredis';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {readSavedModel} from '../../../src/cli/report/measure-model.js';
import {sentModel} from '../../../src/cli/report/sent-model.js';
import {redisAddress} from '../../../src/cluster/redis/redis-address.js';
import {measureModels} from '../../../src/cluster/reports/measure-models.js';
import type {Report} from '../../../src/cluster/reports/report-messages.js';
import {ClusterError} from '../../../src/errors.js';
import {saveCheckpoint, smallWork} from '../../cli/report/saved-checkpoints.js';
import {useEngine} from '../../engines.js';
import {needs} from '../../needs.js';
import {findRedis, noRedis, startRedis, type TestRedis} from '../../redis.js';
import {useFolder} from '../../sinks/use-folder.js';
import {endWorkers, startWorker, type TestWorker} from '../start-worker.js';

const inFolder = useFolder();

describe('measureModels', needs(findRedis(), noRedis), () => {
  let redis: TestRedis;
  const workers: TestWorker[] = [];
  beforeAll(async () => {
    await useEngine('cpu');
    redis = await startRedis();
  });
  afterEach(async () => {
    await endWorkers(workers);
  });
  afterAll(() => redis?.stop());

  const keys = async (queue: string, pattern: string) => {
    const client = new Redis(redis.url);
    const found = await client.keys(`tfjs-hessian:${queue}:${pattern}`);
    client.disconnect();
    return found;
  };
  /** Has models measured on two rows of zeros, one a batch. */
  const measure = async (
    queue: string,
    count: number,
    signal: AbortSignal,
    more: object = {},
    loss = smallWork.loss,
  ) => {
    const path = saveCheckpoint(inFolder('model'));
    const zeros = (width: number) => ({shape: [2, width], values: new Float32Array(2 * width)});
    const ends: (Report | Error)[] = [];
    const work = measureModels({
      ...{
        address: redisAddress('--redis', redis.url),
        queue,
        maxBytes: 1e8,
        redisTimeout: 30_000,
        workerTimeout: 600_000,
      },
      ...{count, data: {x: [zeros(6)], y: [zeros(4)]}, signal},
      requestOf: () => ({
        ...sentModel(readSavedModel(path)),
        ...{backend: tf.getBackend(), path, work: {...smallWork, loss, batchSize: 1}},
      }),
      onEnd: (index, end) => {
        ends[index] = end;
      },
      ...more,
    });
    return {
      ends,
      end: await work.then(
        () => null,
        (error: unknown) => error as Error,
      ),
    };
  };

  it('an abort ends at once; the worker stops what nobody waits for, removes it, and takes the next', async () => {
    // Blocks its thread longer than the test.
    writeFileSync(
      inFolder('slow.mjs'),
      "export function slow() { console.log('at work'); for (const end = Date.now() + 6e5; Date.now() < end; ); }",
    );
    const worker = startWorker(redis.url, ['--queue', 'abort', '--import', inFolder('slow.mjs')]);
    workers.push(worker);
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopped = measure('abort', 5, controller.signal, {}, 'slow');
    await worker.said(/at work/);
    controller.abort(reason);
    expect(await stopped).toEqual({ends: [], end: reason});
    await worker.said(/report \w+ failed after [\d.]+ s: Nobody waits for it any more/);
    await expect
      .poll(async () => (await keys('abort', 'report*')).concat(await keys('abort', 'message*')), {timeout: 60_000})
      .toEqual([]);
    const {ends, end} = await measure('abort', 1, new AbortController().signal);
    expect(end).toBeNull();
    expect(ends).toEqual([expect.objectContaining({batches: 2, loss: expect.any(Number)})]);
    await expect.poll(() => keys('abort', '????????????????????????????????*'), {timeout: 60_000}).toEqual([]);
  }, 400_000);

  it('a queue without workers is an error that says what to start, and what was uploaded is removed', async () => {
    const {ends, end} = await measure('empty', 5, new AbortController().signal, {workerTimeout: 300});
    expect(ends).toEqual([]);
    expect(end).toBeInstanceOf(ClusterError);
    expect(end!.message).toMatch(
      /No worker was there for the queue "empty" for 0\.3 s, so the checkpoint was given up; start one/,
    );
    for (const pattern of ['report*', 'message*', 'wait']) expect(await keys('empty', pattern)).toEqual([]);
  });
});
