import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches, everyEpochs} from '../../src/callbacks/schedules.js';
import {whenTrainingEnds} from '../../src/callbacks/training-end.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {useEngine} from '../engines.js';
import {callbackOf, collect, everyStep, plainModel, seeded, smallData} from './small-model.js';

const {x, y} = await useEngine('native').then(smallData);
const fitArgs = {epochs: 1, batchSize: 10, verbose: 0, shuffle: false} as const;

beforeAll(() => useEngine('native'));

describe('Several callbacks', () => {
  it('on one model sample the same moments and log under different names', async () => {
    const [all, last] = [
      new HessianSpectrumCallback(everyStep),
      new HessianSpectrumCallback({...everyStep, layers: ['last'], operator: 'gaussNewton', logs: 'gn'}),
    ];
    const [seenByAll, seenByLast] = [collect(all), collect(last)];
    const {history} = await plainModel().fit(x, y, {...fitArgs, callbacks: [all, last]});
    expect(seenByAll.samples.map(({loss}) => loss)).toEqual(seenByLast.samples.map(({loss}) => loss));
    expect(seenByLast.samples[0]!.layers.map(({name}) => name)).toEqual(['last']);
    // Gauss–Newton has no negative eigenvalues, up to rounding in float32.
    expect(seenByLast.samples[0]!.full.smallest[0]!.value).toBeGreaterThan(-1e-5);
    expect(new Set(Object.keys(history).filter(key => /^(gn|hessian)/.test(key)))).toEqual(
      new Set(
        ['hessian', 'hessian/first', 'hessian/last', 'gn', 'gn/last'].flatMap(path => [
          `${path}/trace`,
          `${path}/trace_se`,
          `${path}/top`,
          // The edge is one of the Hessian's eigenvalues, and of the whole network.
          ...(path === 'hessian' ? ['hessian/stability'] : []),
        ]),
      ),
    );
  });

  it('on models that train at the same time see only their own model', async () => {
    const models = [plainModel(), plainModel()];
    const callbacks = models.map(() => new HessianSpectrumCallback(everyStep));
    const seen = callbacks.map(collect);
    await Promise.all(models.map((model, i) => model.fit(x, y, {...fitArgs, epochs: 2, callbacks: [callbacks[i]!]})));
    for (const {samples, failures} of seen) {
      expect(samples.map(({step}) => step)).toEqual([1, 2, 3, 4]);
      expect(failures).toEqual([]);
    }
    // The same training has the same losses.
    expect(seen[0]!.samples.map(({loss}) => loss)).toEqual(seen[1]!.samples.map(({loss}) => loss));
    expect(new Set(seen.flatMap(({samples}) => samples.map(({run}) => run))).size).toBe(2);
  });

  it('refuse a second model during a fit', async () => {
    const curvature = new HessianSpectrumCallback(everyStep);
    const {samples} = collect(curvature);
    let second: Promise<unknown> | null = null;
    const other = callbackOf({
      onBatchEnd: async () => {
        second ??= plainModel().fit(x, y, {...fitArgs, callbacks: [curvature]});
        await expect(second).rejects.toThrow(/give model .* another callback/);
      },
    });
    await plainModel().fit(x, y, {...fitArgs, callbacks: [curvature, other]});
    expect(samples).toHaveLength(2);
  });

  it('refuse one of two fits that begin at the same moment', async () => {
    const curvature = new HessianSpectrumCallback(everyStep);
    const fits = [plainModel(), plainModel()].map(model => model.fit(x, y, {...fitArgs, callbacks: [curvature]}));
    const results = await Promise.allSettled(fits);
    expect(results.map(({status}) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('are all told when a fit fails, in any order of leaving', async () => {
    const model = plainModel();
    const told: string[] = [];
    const releases = ['a', 'b', 'c'].map(name => whenTrainingEnds(model, () => told.push(name)));
    const fails = callbackOf({onBatchEnd: () => Promise.reject(new Error('mine'))});
    await expect(model.fit(x, y, {...fitArgs, callbacks: [fails]})).rejects.toThrow('mine');
    expect(told).toEqual(['a', 'b', 'c']);
    releases[0]!();
    await model.fit(x, y, fitArgs);
    expect(told).toEqual(['a', 'b', 'c', 'b', 'c']);
    releases[2]!();
    releases[1]!();
    const inner = (model as unknown as {model: object}).model;
    expect(Object.getOwnPropertyDescriptor(inner, 'isTraining')).toEqual({
      value: false,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  });

  it('beside plain objects explain how to list them', async () => {
    const plain = {onEpochEnd: async () => {}};
    const curvature = new HessianSpectrumCallback(everyStep);
    const fit = plainModel().fit(x, y, {...fitArgs, callbacks: [plain, curvature as never]});
    await expect(fit).rejects.toThrow(/new tf\.CustomCallback/);
  });
});

describe('One callback', () => {
  let curvature: HessianSpectrumCallback;
  let seen: ReturnType<typeof collect>;
  beforeEach(() => {
    curvature = new HessianSpectrumCallback({...everyStep, schedule: everyEpochs(1)});
    seen = collect(curvature);
  });

  it('observes one model after the other, and a recompiled one', async () => {
    const model = plainModel();
    await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
    model.compile({optimizer: tf.train.adam(0.002), loss: 'meanSquaredError'});
    await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
    await plainModel().fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(seen.failures).toEqual([]);
    expect(seen.samples.map(({learningRate, step, index}) => [learningRate, step, index])).toEqual([
      [0.1, 2, 0],
      [0.002, 4, 0],
      [0.1, 6, 0],
    ]);
    expect(seen.samples[1]!.loss).not.toBeCloseTo(seen.samples[0]!.loss, 2);
  });

  it('names layers of nested models by their path, and counts a shared layer once', async () => {
    const inner = tfl.sequential({
      name: 'inner',
      layers: [tfl.layers.dense({units: 4, inputShape: [4], kernelInitializer: seeded(1), name: 'dense'})],
    });
    const input = tfl.input({shape: [4]});
    const shared = tfl.layers.dense({units: 4, kernelInitializer: seeded(2), name: 'shared'});
    const hidden = shared.apply(shared.apply(inner.apply(input) as tfl.SymbolicTensor)) as tfl.SymbolicTensor;
    const output = tfl.layers.dense({units: 3, kernelInitializer: seeded(3), name: 'out'}).apply(hidden);
    const model = tfl.model({inputs: input, outputs: output as tfl.SymbolicTensor});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(seen.failures).toEqual([]);
    expect(seen.samples[0]!.layers.map(({name}) => name)).toEqual(['inner/dense', 'shared', 'out']);
    expect(Object.keys(seen.samples[0]!.weightNorms)).toEqual(['inner/dense', 'shared', 'out']);
  });

  it('samples the epoch in which training is stopped', async () => {
    const model = plainModel();
    const stop = callbackOf({
      onBatchEnd: async () => {
        model.stopTraining = true;
      },
    });
    await model.fit(x, y, {...fitArgs, epochs: 3, batchSize: 5, callbacks: [curvature, stop]});
    expect(seen.samples.map(({epoch, step}) => [epoch, step])).toEqual([[0, 1]]);
  });

  it('knows the epoch that a fit begins with', async () => {
    await plainModel().fit(x, y, {...fitArgs, initialEpoch: 4, epochs: 6, callbacks: [curvature]});
    expect(seen.samples.map(({epoch}) => epoch)).toEqual([4, 5]);
  });

  it('selects layers by a predicate', async () => {
    const large = new HessianSpectrumCallback({...everyStep, layers: ({size}) => size > 20});
    const {samples} = collect(large);
    await plainModel().fit(x, y, {...fitArgs, callbacks: [large]});
    expect(samples[0]!.layers.map(({name}) => name)).toEqual(['first']);
  });

  it('refuses an unknown layer before training begins', async () => {
    const wrong = new HessianSpectrumCallback({...everyStep, layers: ['lsat']});
    await expect(plainModel().fit(x, y, {...fitArgs, callbacks: [wrong]})).rejects.toThrow(/did you mean "last"/);
  });

  it('refuses a fit after dispose', async () => {
    curvature.dispose();
    await expect(plainModel().fit(x, y, {...fitArgs, callbacks: [curvature]})).rejects.toThrow(/disposed/);
  });

  it('may be disposed during a sample: training continues', async () => {
    const before = tf.memory().numTensors;
    const model = plainModel();
    const own = tf.memory().numTensors;
    curvature = new HessianSpectrumCallback(everyStep);
    curvature.samples$.subscribe(() => curvature.dispose());
    const {history} = await model.fit(x, y, {...fitArgs, epochs: 3, callbacks: [curvature]});
    expect(history.loss).toHaveLength(3);
    expect(tf.memory().numTensors).toBe(own);
    model.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(own);
    expect(before).toBeLessThan(own);
  });

  it('gives the thread to timers during training, as fit does without it', async () => {
    const attached = new HessianSpectrumCallback({schedule: everyBatches(1000), yieldEvery: 0});
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    await plainModel().fit(x, y, {...fitArgs, epochs: 20, callbacks: [attached]});
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });

  it('refuses invalid options', () => {
    for (const args of [{background: 'yes'}, {operator: 'jacobian'}, {yieldEvery: -1}, {batch: {x}}]) {
      expect(() => new HessianSpectrumCallback(args as never)).toThrow(InvalidArgumentError);
    }
  });
});
