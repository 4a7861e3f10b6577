import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {BackgroundSampler} from '../../../src/callbacks/background/background-sampler.js';
import type {SampleAnswer, SampleRequest} from '../../../src/callbacks/background/messages.js';
import type {SampleWorker, SampleWorkerEvent} from '../../../src/callbacks/background/sample-worker.js';
import {serveSamples} from '../../../src/callbacks/background/serve-samples.js';
import {HessianSpectrumCallback} from '../../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches} from '../../../src/callbacks/schedules.js';
import type {PackedTensor} from '../../../src/model/sent/packed-tensors.js';
import {engines, useEngine} from '../../engines.js';
import {collect, everyStep, plainModel, smallData, smallModel, timeless} from '../small-model.js';

const fitArgs = {epochs: 2, batchSize: 8, shuffle: false, verbose: 0} as const;

describe.each(engines)('In a worker thread on %s', engine => {
  beforeAll(() => useEngine(engine));
  const curvature = new HessianSpectrumCallback({...everyStep, background: true});
  afterAll(() => curvature.dispose());

  it('the same seed gives the same samples as on the main thread', async () => {
    const {x, y} = smallData();
    const foreground = new HessianSpectrumCallback(everyStep);
    const expected = collect(foreground);
    await smallModel().fit(x, y, {...fitArgs, callbacks: [foreground]});

    const {samples, failures} = collect(curvature);
    const model = smallModel();
    curvature.bind(model);
    for (const epoch of [0, 1]) {
      for (const [batch, from] of [0, 8, 16].entries()) {
        const size = Math.min(8, 20 - from);
        await model.trainOnBatch(tf.slice(x, from, size), tf.slice(y, from, size));
        await curvature.sample({epoch, batch});
      }
    }
    curvature.unbind();
    expect(failures).toEqual([]);
    expect(samples.map(timeless)).toEqual(expected.samples.map(timeless));
  });

  it('training continues meanwhile, and skipped samples are counted', async () => {
    const {x, y} = smallData();
    const before = tf.memory().numTensors;
    const model = plainModel();
    const own = tf.memory().numTensors;
    const {samples, failures} = collect(curvature);
    const newest = samples.length;
    const {history} = await model.fit(x, y, {...fitArgs, epochs: 10, callbacks: [curvature]});
    expect(tf.memory().numTensors).toBe(own);
    expect(history.loss).toHaveLength(10);
    expect(failures).toEqual([]);
    const taken = samples.slice(newest);
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.map(({index}) => index)).toEqual(taken.map((_, i) => i));
    // In order, with their steps, and every step is sampled or counted as skipped.
    const gaps = taken.slice(1).map(({step}, i) => step - taken[i]!.step - 1);
    expect(taken.slice(1).map(({cost}) => cost.skipped)).toEqual(gaps);
    expect(taken[0]!.fitStep).toBe(1);
    model.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(own);
    expect(before).toBeLessThan(own);
  });
});

/** A fake worker on this thread. */
class FakeWorker implements SampleWorker {
  readonly requests: SampleRequest[] = [];
  isTerminated = false;
  private readonly listeners = new Map<string, (event: SampleWorkerEvent) => void>();

  constructor(private readonly onRequest: (worker: FakeWorker, request: SampleRequest) => void = () => {}) {}

  postMessage(message: unknown): void {
    const request = structuredClone(message) as SampleRequest;
    this.requests.push(request);
    queueMicrotask(() => this.onRequest(this, request));
  }

  addEventListener(type: 'message' | 'error', listener: (event: SampleWorkerEvent) => void): void {
    this.listeners.set(type, listener);
  }

  answer(data: SampleAnswer): void {
    this.listeners.get('message')?.({data: structuredClone(data)});
  }

  die(message: string): void {
    this.listeners.get('error')?.({message});
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

/** A fake worker that serves samples like a real one. */
function servingWorker(loss?: tfl.ModelCompileArgs['loss']): FakeWorker {
  let listen: ((event: {data: unknown}) => void) | null = null;
  const worker = new FakeWorker((_, request) => listen?.({data: request}));
  serveSamples(
    {
      postMessage: message => worker.answer(message as SampleAnswer),
      addEventListener: (__, listener) => {
        listen = listener;
      },
    },
    loss === undefined ? {} : {loss},
  );
  return worker;
}

describe('A worker', () => {
  beforeAll(() => useEngine('native'));

  it('of the user serves samples with serveSamples(self) and a custom loss', async () => {
    const {x, y} = smallData();
    const loss = (target: tf.Tensor, prediction: tf.Tensor) => tf.mean(tf.square(tf.sub(target, prediction)), -1);
    const train = async (curvature: HessianSpectrumCallback) => {
      const model = plainModel();
      model.compile({optimizer: 'sgd', loss});
      const {samples, failures} = collect(curvature);
      curvature.bind(model);
      await model.trainOnBatch(x, y);
      await curvature.sample();
      curvature.dispose();
      return {samples: samples.map(timeless), failures: failures.map(({error}) => error.message)};
    };
    const background = (worker: FakeWorker) =>
      new HessianSpectrumCallback({...everyStep, background: {worker: () => worker}});
    const foreground = await train(new HessianSpectrumCallback(everyStep));
    expect(await train(background(servingWorker(loss)))).toEqual(foreground);
    const {failures} = await train(background(servingWorker()));
    expect(failures[0]).toMatch(/serveSamples\(self, \{loss\}\)/);
  });

  it('that dies is replaced once, and the request is repeated', async () => {
    const {x, y} = smallData();
    const workers = [new FakeWorker(worker => worker.die('out of memory')), servingWorker()];
    const start = vi.fn(() => workers[start.mock.calls.length - 1]!);
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker: start}});
    const {samples, failures} = collect(curvature);
    const model = plainModel();
    curvature.bind(model);
    await model.trainOnBatch(x, y);
    await curvature.sample();
    expect(start).toHaveBeenCalledTimes(2);
    expect(workers[0]!.isTerminated).toBe(true);
    expect(samples).toHaveLength(1);
    expect(failures).toEqual([]);
    curvature.dispose();
    expect(workers[1]!.isTerminated).toBe(true);
  });

  it('that dies twice is a failure, and training continues', async () => {
    const {x, y} = smallData();
    const start = vi.fn(() => new FakeWorker(worker => worker.die('out of memory')));
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker: start}});
    const {samples, failures} = collect(curvature);
    const {history} = await plainModel().fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(history.loss).toHaveLength(2);
    expect(samples).toEqual([]);
    expect(start).toHaveBeenCalledTimes(2);
    // One failure: later samples are skipped.
    expect(failures.map(({error}) => error.message)).toEqual([expect.stringMatching(/died twice.*out of memory/s)]);
    // The next run may try again.
    await plainModel().fit(x, y, {...fitArgs, epochs: 1, callbacks: [curvature]});
    expect(start.mock.calls.length).toBeGreaterThan(2);
  });

  it('that cannot start is a failure at the beginning of training', async () => {
    const {x, y} = smallData();
    const worker = () => {
      throw new Error('no workers here');
    };
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker}});
    await expect(plainModel().fit(x, y, {...fitArgs, callbacks: [curvature]})).rejects.toThrow('no workers here');
  });

  it('that never answers receives one request at a time and holds no tensors', async () => {
    const {x, y} = smallData();
    const worker = new FakeWorker();
    const model = plainModel();
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker: () => worker}});
    const {failures} = collect(curvature);
    const before = tf.memory().numTensors;
    curvature.bind(model);
    for (let i = 0; i < 5; i++) {
      await model.trainOnBatch(x, y);
      void curvature.sample();
      await new Promise(resolve => setTimeout(resolve));
    }
    expect(worker.requests.map(({id}) => id)).toEqual([0]);
    // The weights are those of the step that it was taken at.
    expect(worker.requests[0]!.weights).toHaveLength(4);
    curvature.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(worker.isTerminated).toBe(true);
    await curvature.drained();
    expect(failures).toEqual([]);
  });

  it('is sent the weights and the batch of the call, although both are gone when it returns', async () => {
    const {x, y} = smallData();
    const model = plainModel(tf.train.adam(0.01));
    await model.trainOnBatch(x, y);
    const worker = new FakeWorker();
    const sampler = new BackgroundSampler({worker: () => worker, limit: 0, startTimeout: 1000});
    const expected = [...x.dataSync()];
    const args = {
      operator: 'hessian',
      regularizers: false,
      layers: [],
      steps: 3,
      probes: 1,
      traceProbes: 0,
      k: 1,
    } as const;
    const scales = tf.keep(tf.ones<tf.Rank.R1>([model.countParams()]));
    const measured = sampler.measure(
      model,
      {x, y},
      {...args, subBatch: null, seed: 0},
      {optimizer: 'Adam', threshold: 380, scales},
    );
    tf.dispose([x, y]);
    await expect.poll(() => worker.requests).toHaveLength(1);
    expect([...(worker.requests[0]!.batch.x as PackedTensor).values]).toEqual(expected);
    sampler.dispose();
    await expect(measured).rejects.toThrow(/was disposed/);
    model.dispose();
  });

  it('that stays silent fails its samples after the time that it has to start, and training goes on', async () => {
    const {x, y} = smallData();
    const start = vi.fn(() => new FakeWorker());
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker: start, startTimeout: 50}});
    const {samples, failures} = collect(curvature);
    const {history} = await plainModel().fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(history.loss).toHaveLength(2);
    expect(samples).toEqual([]);
    expect(failures.length).toBeGreaterThan(0);
    for (const {error} of failures) expect(error.message).toMatch(/within 0\.05 s.*must call serveSamples\(self\)/s);
    expect(start).toHaveBeenCalledTimes(1);
    curvature.dispose();
  });

  it('that is slow but has said that it is ready is waited for', async () => {
    const {x, y} = smallData();
    const serving = servingWorker();
    const {postMessage} = serving;
    serving.postMessage = request => void setTimeout(() => postMessage.call(serving, request), 1500);
    const worker = () => {
      queueMicrotask(() => serving.answer({isReady: true} as never));
      return serving;
    };
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker, startTimeout: 1}});
    const model = plainModel();
    curvature.bind(model);
    await model.trainOnBatch(x, y);
    expect(await curvature.sample()).not.toBeNull();
    curvature.dispose();
  });

  it('takes every sample that is due, in order, although it is slower than training', async () => {
    const {x, y} = smallData();
    const serving = servingWorker();
    const {postMessage} = serving;
    serving.postMessage = request => void setTimeout(() => postMessage.call(serving, request), 20);
    const foreground = new HessianSpectrumCallback(everyStep);
    const expected = collect(foreground).samples;
    await plainModel().fit(x, y, {...fitArgs, callbacks: [foreground]});
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker: () => serving}});
    const {samples, failures} = collect(curvature);
    await plainModel().fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(failures).toEqual([]);
    expect(samples).toHaveLength(6);
    expect(samples.map(timeless)).toEqual(expected.map(timeless));
    curvature.dispose();
  });

  it('sends every sample that was due, also of a fit that ends with an error', async () => {
    const {x, y} = smallData();
    const serving = servingWorker();
    const {postMessage} = serving;
    serving.postMessage = request => void setTimeout(() => postMessage.call(serving, request), 20);
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker: () => serving}});
    const {samples, failures} = collect(curvature);
    const ended: string[] = [];
    curvature.runs$.subscribe(run => run.subscribe({complete: () => ended.push(`after ${samples.length} samples`)}));
    const failing = new tfl.CustomCallback({
      onBatchEnd: async batch => {
        if (batch === 2) throw new Error('no more data');
      },
    });
    await expect(plainModel().fit(x, y, {...fitArgs, callbacks: [curvature, failing]})).rejects.toThrow('no more data');
    expect(samples.length).toBeLessThan(3);
    await curvature.drained();
    expect(samples.map(({step}) => step)).toEqual([1, 2, 3]);
    expect(failures).toEqual([]);
    expect(ended).toEqual(['after 3 samples']);
    curvature.dispose();
  });

  it('gives up its samples without a message when the callback is disposed', async () => {
    const {x, y} = smallData();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker: () => new FakeWorker()}});
    const model = plainModel();
    curvature.bind(model);
    await model.trainOnBatch(x, y);
    const sample = curvature.sample();
    curvature.dispose();
    expect(await sample).toBeNull();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it.each([
    [{whenBusy: 'skip'} as const, 1],
    [{limit: 2}, 3],
    [{}, 9],
  ])('has as many samples waiting as %j allows; the newest are skipped and counted', async (options, held) => {
    const {x, y} = smallData();
    const serving = servingWorker();
    const {postMessage} = serving;
    let open = () => {};
    const gate = new Promise<void>(resolve => {
      open = resolve;
    });
    serving.postMessage = request => void gate.then(() => postMessage.call(serving, request));
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker: () => serving, ...options}});
    const {samples} = collect(curvature);
    const model = plainModel();
    curvature.bind(model);
    const step = async () => {
      await model.trainOnBatch(x, y);
      void curvature.sample();
      await new Promise(resolve => setTimeout(resolve));
    };
    for (let i = 0; i < held + 3; i++) await step();
    expect(samples).toEqual([]);
    open();
    await curvature.drained();
    await step();
    await curvature.drained();
    expect(samples).toHaveLength(held + 1);
    expect(samples.at(-1)!.cost.skipped).toBeGreaterThan(0);
    expect(samples.slice(0, -1).every(({cost}) => cost.skipped === 0)).toBe(true);
    curvature.dispose();
  });

  it('without the backend reports that', async () => {
    const {x, y} = smallData();
    const worker = servingWorker();
    const {postMessage} = worker;
    worker.postMessage = request => postMessage.call(worker, {...(request as SampleRequest), backend: 'tpu'});
    const curvature = new HessianSpectrumCallback({...everyStep, background: {worker: () => worker}});
    const {failures} = collect(curvature);
    const model = plainModel();
    curvature.bind(model);
    await model.trainOnBatch(x, y);
    expect(await curvature.sample()).toBeNull();
    expect(failures.map(({error}) => [error.name, error.message])).toEqual([
      ['InvalidArgumentError', expect.stringContaining('backend "tpu"')],
    ]);
  });

  it('logs a sample in the epoch in which it arrives', async () => {
    const {x, y} = smallData();
    const curvature = new HessianSpectrumCallback({
      ...everyStep,
      schedule: everyBatches(3),
      background: {worker: () => servingWorker()},
    });
    const {samples} = collect(curvature);
    const {history} = await plainModel().fit(x, y, {
      ...fitArgs,
      epochs: 4,
      callbacks: [
        curvature,
        new tfl.CustomCallback({onBatchEnd: () => new Promise(resolve => setTimeout(resolve, 30))}),
      ],
    });
    const traces = samples.map(({full}) => full.trace.value);
    expect(traces.length).toBeGreaterThan(0);
    for (const value of history['hessian/trace'] ?? []) expect(traces).toContain(value);
  });
});
