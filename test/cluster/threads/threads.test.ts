import {Worker} from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {SampleWorker} from '../../../src/callbacks/background/sample-worker.js';
import {startWorkerThread} from '../../../src/callbacks/background/worker-thread.js';
import {threads} from '../../../src/cluster/threads/threads.js';
import {spectrum} from '../../../src/estimators/spectrum.js';
import {trace} from '../../../src/estimators/trace.js';
import type {CurvatureOperator} from '../../../src/operators/blocks/network-operator.js';
import {gaussNewton} from '../../../src/operators/gauss-newton.js';
import {hessian} from '../../../src/operators/hessian.js';
import {useEngine} from '../../engines.js';
import {smallBatches, smallModel} from '../../operators/shards/small-dataset.js';

/** Reads a gradient and disposes of it. */
function bitsOf(gradient: tf.Tensor1D) {
  const bits = gradient.dataSync();
  gradient.dispose();
  return bits;
}

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

  it.each([1, 2, 3])(
    'give the bits of one thread, %i of them, also if one is ended in the middle of a trace',
    async workers => {
      const [model, batches] = [smallModel(), smallBatches(7)];
      const local = await hessian(model, batches);
      // Several blocks of products, one after the other.
      const traceOf = (op: CurvatureOperator, onProgress = () => {}) =>
        trace(op, {probes: 30, tolerance: 1e-9, seed: 3, onProgress});
      const expected = await traceOf(local);
      const spectrumOf = (op: CurvatureOperator) => spectrum(op.block('first'), {steps: 3, probes: 1, traceProbes: 0});
      const block = await spectrumOf(local);
      started.length = 0;
      let ended = 0;
      const tensors = tf.memory().numTensors;
      const H = await hessian(model, batches, {on: on(workers)});
      expect(H.loss).toBe(local.loss);
      expect(bitsOf(H.gradient())).toEqual(bitsOf(local.gradient()));
      const held = tf.memory().numTensors;
      let looks = 0;
      const found = await traceOf(H, () => {
        if (++looks === 2) started[0]!.terminate();
      });
      expect(found).toEqual(expected);
      expect(looks).toBeGreaterThan(2);
      expect(await spectrumOf(H)).toEqual(block);
      expect(started).toHaveLength(workers === 1 ? 2 : workers);
      expect(tf.memory().numTensors).toBe(held);
      for (const worker of started.slice(1)) worker.addEventListener('error', () => ended++);
      H.dispose();
      expect(tf.memory().numTensors).toBe(tensors);
      // The threads end with the operator.
      await expect.poll(() => ended, {timeout: 20_000}).toBeGreaterThanOrEqual(started.length - 1);
    },
  );

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
