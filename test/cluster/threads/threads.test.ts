import {Worker} from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {SampleWorker} from '../../../src/callbacks/background/sample-worker.js';
import {startWorkerThread} from '../../../src/callbacks/background/worker-thread.js';
import {threads} from '../../../src/cluster/threads/threads.js';
import {layerwiseSpectra} from '../../../src/estimators/layerwise-spectra.js';
import {trace} from '../../../src/estimators/trace.js';
import type {CurvatureOperator} from '../../../src/operators/blocks/network-operator.js';
import {gaussNewton} from '../../../src/operators/gauss-newton.js';
import {hessian} from '../../../src/operators/hessian.js';
import {useEngine} from '../../engines.js';
import {smallBatches, smallModel} from '../../operators/shards/small-dataset.js';

/** Handles that keep the process alive. */
const handles = () =>
  process.getActiveResourcesInfo().filter(name => name === 'MessagePort' || name === 'Worker').length;

describe.each(['native', 'cpu'] as const)('worker threads on %s', engine => {
  beforeAll(() => useEngine(engine));
  const started: SampleWorker[] = [];
  const made: CurvatureOperator[] = [];
  afterAll(() => {
    for (const H of made) H.dispose();
  });
  const on = (workers: number) =>
    threads({
      workers,
      worker: () => {
        const worker = startWorkerThread();
        started.push(worker);
        return worker;
      },
    });

  it('give the bits of one thread, also if one is ended in the middle of a trace', async () => {
    const [model, batches] = [smallModel(), smallBatches(7)];
    const local = await hessian(model, batches);
    // Each probe is a product of its own.
    const traceOf = (op: CurvatureOperator, onProgress = () => {}) =>
      trace(op, {probes: 40, tolerance: 1e-9, seed: 3, onProgress});
    const expected = await traceOf(local);
    const spectra = await layerwiseSpectra(local, {steps: 4, probes: 2});
    const before = handles();
    for (const workers of [1, 3]) {
      started.length = 0;
      const tensors = tf.memory().numTensors;
      const H = await hessian(model, batches, {on: on(workers)});
      expect(H.loss).toBe(local.loss);
      expect(H.gradient().dataSync()).toEqual(local.gradient().dataSync());
      const held = tf.memory().numTensors;
      let looks = 0;
      const found = await traceOf(H, () => {
        if (++looks === 2) started[0]!.terminate();
      });
      expect(found).toEqual(expected);
      expect(started).toHaveLength(workers === 1 ? 2 : 3);
      expect(await layerwiseSpectra(H, {steps: 4, probes: 2})).toEqual(spectra);
      expect(tf.memory().numTensors).toBe(held);
      H.dispose();
      // The two gradients above are of this test.
      expect(tf.memory().numTensors).toBe(tensors + 2);
    }
    // Threads end with the operator.
    await expect.poll(handles, {timeout: 20_000}).toBe(before);
  });

  it('give the bits of the Gauss–Newton matrix, and can be ended by an abort', async () => {
    const [model, batches] = [smallModel(), smallBatches(3)];
    const local = await gaussNewton(model, batches);
    const controller = new AbortController();
    const G = await gaussNewton(model, batches, {on: on(2), signal: controller.signal});
    made.push(G);
    expect(await trace(G, {probes: 4})).toEqual(await trace(local, {probes: 4}));
    expect(await trace(G.block('second'), {probes: 4})).toEqual(await trace(local.block('second'), {probes: 4}));
    const endless = trace(G, {probes: 500, tolerance: 1e-9});
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(endless).rejects.toThrow('enough');
  });
});

describe('a worker thread of the user', () => {
  beforeAll(() => useEngine('cpu'));

  it('that does not serve products, or cannot start, is an error that says so', async () => {
    const [model, batches] = [smallModel(), smallBatches(2)];
    const idle = threads({
      workers: 1,
      startTimeout: 300,
      worker: () => new Worker('setInterval(() => {}, 1000)', {eval: true}),
    });
    await expect(hessian(model, batches, {on: idle})).rejects.toThrow(/must call serveProducts\(self\)/);
    const broken = threads({workers: 1, worker: () => new Worker('throw new Error("no such file")', {eval: true})});
    await expect(hessian(model, batches, {on: broken})).rejects.toThrow(/1 new one too.*no such file/);
  });
});
