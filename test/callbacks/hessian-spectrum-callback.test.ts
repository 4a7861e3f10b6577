import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {firstValueFrom, toArray} from 'rxjs';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {anyOf, everyBatches, everyEpochs, onTrainEnd} from '../../src/callbacks/schedules.js';
import {InvalidArgumentError} from '../../src/errors.js';
import type {HessianSample, SampleFailure} from '../../src/streams/hessian-sample.js';
import {engines, useEngine} from '../engines.js';
import {collect, everyStep, plainModel, smallData, smallModel} from './small-model.js';

describe.each(engines)('HessianSpectrumCallback on %s', engine => {
  beforeAll(() => useEngine(engine));

  it('samples at the end of each epoch and streams plain records', async () => {
    const model = smallModel();
    const {x, y} = smallData();
    const curvature = new HessianSpectrumCallback({steps: 5});
    const all = firstValueFrom(curvature.samples$.pipe(toArray()));
    const {history} = await model.fit(x, y, {epochs: 3, batchSize: 8, verbose: 0, callbacks: [curvature]});
    curvature.dispose();
    const samples = await all;
    expect(samples.map(({epoch, batch, step, index}) => [epoch, batch, step, index])).toEqual([
      [0, null, 3, 0],
      [1, null, 6, 1],
      [2, null, 9, 2],
    ]);
    expect(samples[0]!.layers.map(({name}) => name)).toEqual(['first', 'norm', 'last']);
    // The last batch of an epoch has the remaining 4 of 20 samples.
    expect(samples[0]!.batchSize).toBe(4);
    expect(samples[0]!.learningRate).toBe(0.01);
    expect(JSON.parse(JSON.stringify(samples))).toEqual(samples);
    expect(history['hessian/trace']).toEqual(samples.map(({full}) => full.trace.value));
    expect(history['hessian/trace_se']).toEqual(samples.map(({full}) => full.trace.standardError));
    expect(history['hessian/last/trace_se']).toEqual(samples.map(({layers}) => layers[2]!.trace.standardError));
    expect(history['hessian/last/top']).toEqual(samples.map(({layers}) => layers[2]!.largest[0]!.value));
  });

  it('takes the loss on the batch of the step, class weights included', async () => {
    const model = smallModel();
    const {x, y} = smallData();
    const curvature = new HessianSpectrumCallback({...everyStep, schedule: everyEpochs(1)});
    const sample = firstValueFrom(curvature.samples$);
    await model.fit(x, y, {
      epochs: 1,
      batchSize: 20,
      shuffle: false,
      verbose: 0,
      classWeight: {0: 1, 1: 2, 2: 5},
      callbacks: [curvature],
    });
    const {loss} = await sample;
    const own = new HessianSpectrumCallback({
      ...everyStep,
      schedule: everyEpochs(1),
      batch: {x, y, sampleWeight: tf.tensor1d(Array.from({length: 20}, (_, i) => [1, 2, 5][i % 3]!))},
    });
    const ownSample = firstValueFrom(own.samples$);
    // A learning rate of zero: the same weights again.
    model.compile({optimizer: tf.train.sgd(0), loss: 'categoricalCrossentropy'});
    await model.fit(x, y, {epochs: 1, batchSize: 20, shuffle: false, verbose: 0, callbacks: [own]});
    expect((await ownSample).loss).toBeCloseTo(loss, 5);
  });

  it('reports a failed sample, and training continues', async () => {
    const model = smallModel();
    const {x, y} = smallData();
    const curvature = new HessianSpectrumCallback({...everyStep, batch: () => Promise.reject(new Error('no data'))});
    const failures: SampleFailure[] = [];
    curvature.failures$.subscribe(failure => failures.push(failure));
    const {epoch} = await model.fit(x, y, {epochs: 2, batchSize: 20, verbose: 0, callbacks: [curvature]});
    expect(epoch).toEqual([0, 1]);
    expect(failures.map(({error, step}) => [error.message, step])).toEqual([
      ['no data', 1],
      ['no data', 2],
    ]);
  });

  it('protects training and other subscribers from one that throws', async () => {
    const model = smallModel();
    const {x, y} = smallData();
    const curvature = new HessianSpectrumCallback(everyStep);
    const seen: HessianSample[] = [];
    const failures: SampleFailure[] = [];
    curvature.failures$.subscribe(failure => failures.push(failure));
    curvature.samples$.subscribe(() => {
      throw new Error('mine');
    });
    curvature.samples$.subscribe(sample => seen.push(sample));
    await model.fit(x, y, {epochs: 1, batchSize: 10, verbose: 0, callbacks: [curvature]});
    expect(seen).toHaveLength(2);
    expect(failures.map(({error}) => error.message)).toEqual(['mine', 'mine']);
  });

  it('serves several fits, one inner stream each', async () => {
    const model = smallModel();
    const {x, y} = smallData();
    const curvature = new HessianSpectrumCallback({...everyStep, schedule: anyOf(everyEpochs(1), everyBatches(2))});
    const runs: HessianSample[][] = [];
    curvature.runs$.subscribe(run => {
      const samples: HessianSample[] = [];
      run.subscribe({next: sample => samples.push(sample), complete: () => runs.push(samples)});
    });
    for (let i = 0; i < 2; i++) await model.fit(x, y, {epochs: 1, batchSize: 5, verbose: 0, callbacks: [curvature]});
    // Step 4 is due twice but sampled once.
    expect(runs.map(samples => samples.map(({step}) => step))).toEqual([
      [2, 4],
      [6, 8],
    ]);
    expect(new Set(runs.flat().map(({run}) => run)).size).toBe(2);
  });

  it('releases what it holds, also when fit fails', async () => {
    const model = smallModel();
    const {x, y} = smallData();
    await model.fit(x, y, {epochs: 1, batchSize: 10, verbose: 0});
    const before = tf.memory().numTensors;
    const curvature = new HessianSpectrumCallback(everyStep);
    const fails = {onBatchEnd: () => Promise.reject(new Error('another callback'))};
    const other = new (class extends tfl.Callback {
      override onBatchEnd(): Promise<void> {
        return fails.onBatchEnd();
      }
    })();
    await expect(
      model.fit(x, y, {epochs: 1, batchSize: 10, verbose: 0, callbacks: [curvature, other]}),
    ).rejects.toThrow('another callback');
    // tfjs-layers itself leaks the logs of the failed batch.
    const logs = tf.memory().numTensors - before;
    await expect(model.fit(x, y, {epochs: 1, batchSize: 10, verbose: 0, callbacks: [other]})).rejects.toThrow();
    expect(tf.memory().numTensors - before).toBe(2 * logs);
    await model.fit(x, y, {epochs: 2, batchSize: 10, verbose: 0, callbacks: [curvature]});
    expect(tf.memory().numTensors - before).toBe(2 * logs);
  });

  it('has error bars of traces with one probe, unless trace probes are turned off', async () => {
    const traces = [];
    for (const args of [{traceProbes: 0}, {}]) {
      const curvature = new HessianSpectrumCallback({...everyStep, ...args, schedule: onTrainEnd()});
      const {x, y} = smallData();
      await plainModel().fit(x, y, {epochs: 1, verbose: 0, callbacks: [curvature]});
      traces.push(collect(curvature).samples[0]!.full.trace);
    }
    expect(traces[0]!.standardError).toBeNull();
    expect(traces[1]!.probes).toBeGreaterThan(4);
    expect(traces[1]!.standardError).toBeGreaterThan(0);
  });

  it('refuses invalid options before training begins', () => {
    for (const args of [
      {steps: 0},
      {probes: 1.5},
      {traceProbes: -1},
      {k: 0},
      {subBatch: -1},
      {schedule: 'daily'},
      {batch: 'mine'},
    ]) {
      expect(() => new HessianSpectrumCallback(args as never)).toThrow(InvalidArgumentError);
    }
  });
});
