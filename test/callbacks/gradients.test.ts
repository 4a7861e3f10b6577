import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {anyOf, everyBatches, onTrainBegin} from '../../src/callbacks/schedules.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {compileTraining, explainCompiledSteps} from '../../src/model/compiled-training/compile-training.js';
import {hessian} from '../../src/operators/hessian.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {parseSample} from '../../src/streams/parse-sample.js';
import {engines, useEngine} from '../engines.js';
import {callbackOf, collect, everyStep as eachStep, seeded, smallData, smallModel, timeless} from './small-model.js';

/** The spectra are not what is tested. */
const everyStep = {...eachStep, traceProbes: 0};

/** Weights as the model lists them: W (2 × 2), a (2), v (2), b (1). */
type Weights = readonly (readonly number[])[];

/** One tanh layer of two units and a linear output. */
function tanhNet(): LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 2, inputShape: [2], activation: 'tanh', kernelInitializer: seeded(1), name: 'hidden'}),
      tfl.layers.dense({units: 1, kernelInitializer: seeded(2), name: 'out'}),
    ],
  });
  model.compile({optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError'});
  return model;
}

/** The gradient of (v·tanh(xW + a) + b − y)² in the weights, layer by layer, in float64. */
function gradientByHand([W, a, v, b]: Weights, x: readonly number[], y: number): number[][] {
  const units = [0, 1].map(j => Math.tanh(x[0]! * W![j]! + x[1]! * W![2 + j]! + a![j]!));
  const error = 2 * (units[0]! * v![0]! + units[1]! * v![1]! + b![0]! - y);
  const back = units.map((unit, j) => error * v![j]! * (1 - unit * unit));
  const ofHidden = [x[0]! * back[0]!, x[0]! * back[1]!, x[1]! * back[0]!, x[1]! * back[1]!, ...back];
  return [ofHidden, [error * units[0]!, error * units[1]!, error]];
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const minus = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value - b[i]!);
const mean = (rows: readonly number[][]) =>
  rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);
const read = (model: LayersModel): Weights => model.getWeights().map(weight => [...weight.dataSync()]);

describe.each(engines)('Statistics of gradients in a training on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(['kernel by kernel', 'compiled'])(
    'agree with float64 by hand in each layer and the whole network, %s',
    async how => {
      // The targets are far away: the samples' gradients point the same way.
      const x = tf.randomNormal([6, 2], 1, 0.5, 'float32', 3);
      const y = tf.randomNormal([6, 1], 5, 0.5, 'float32', 4);
      const rows = x.arraySync() as number[][];
      const targets = [...y.dataSync()];
      const model = tanhNet();
      const undo = how === 'compiled' ? compileTraining(model) : () => {};
      const curvature = new HessianSpectrumCallback({...everyStep, gradients: {parts: 6}});
      const {samples, failures} = collect(curvature);
      const weights: Weights[] = [read(model)];
      const watch = callbackOf({onBatchEnd: async () => void weights.push(read(model))});
      await model.fit(x, y, {epochs: 4, batchSize: 6, verbose: 0, shuffle: false, callbacks: [curvature, watch]});
      if (how === 'compiled' && engine === 'native') expect(explainCompiledSteps(model)).toHaveLength(1);
      undo();
      expect(failures).toEqual([]);
      expect(samples).toHaveLength(4);
      for (const [i, {gradients}] of samples.entries()) {
        const [start, end] = [weights[i]!, weights[i + 1]!];
        const byHand = (at: Weights) => rows.map((row, n) => gradientByHand(at, row, targets[n]!));
        const [before, now] = [byHand(start), byHand(end)];
        const blocks = {
          hidden: {
            of: (g: number[][]) => g[0]!,
            weights: (w: Weights) => w.slice(0, 2).flat(),
            found: gradients!.layers.hidden!,
          },
          out: {
            of: (g: number[][]) => g[1]!,
            weights: (w: Weights) => w.slice(2).flat(),
            found: gradients!.layers.out!,
          },
          full: {of: (g: number[][]) => g.flat(), weights: (w: Weights) => w.flat(), found: gradients!.full},
        };
        for (const {of, weights, found} of Object.values(blocks)) {
          const own = now.map(of);
          const g = mean(own);
          const step = minus(weights(end), weights(start));
          const variance = own.reduce((sum, each) => sum + dot(minus(each, g), minus(each, g)), 0) / 5;
          const signal = dot(g, g) - variance / 6;
          expect(signal).toBeGreaterThan(0);
          // float32 against float64; steps are differences of rounded weights.
          expect(found.norm / Math.sqrt(dot(g, g))).toBeCloseTo(1, 4);
          expect(found.updateRatio! / Math.sqrt(dot(step, step) / dot(weights(start), weights(start)))).toBeCloseTo(
            1,
            4,
          );
          expect(found.noiseScale! / (variance / signal)).toBeCloseTo(1, 3);
        }
        const step = minus(end.flat(), start.flat());
        const slope = (of: number[][][]) => dot(mean(of.map(g => g.flat())), step);
        expect(gradients!.alpha! / (-slope(now) / slope(before))).toBeCloseTo(1, 3);
      }
      tf.dispose([x, y]);
      model.dispose();
    },
  );

  it('leave the training and the spectra the same bit for bit, with dropout, noise and batch norm', async () => {
    const {x, y} = smallData();
    const run = async (args: object | null) => {
      const model = smallModel();
      const curvature = args === null ? null : new HessianSpectrumCallback({...everyStep, ...args});
      const {samples, failures} = curvature === null ? {samples: [], failures: []} : collect(curvature);
      const fit = {epochs: 2, batchSize: 8, verbose: 0, shuffle: false} as const;
      const {history} = await model.fit(x, y, {...fit, callbacks: curvature === null ? [] : [curvature]});
      const optimizer = await model.optimizer.getWeights();
      const state = [...model.getWeights(), ...optimizer.map(({tensor}) => tensor)].map(tensor => [
        ...tensor.dataSync(),
      ]);
      expect(failures).toEqual([]);
      return {training: {state, loss: history.loss, acc: history.acc}, samples};
    };
    const [none, off, on] = [await run(null), await run({gradients: false}), await run({gradients: true})];
    expect(on.training).toEqual(none.training);
    expect(off.training).toEqual(none.training);
    expect(off.samples.every(sample => !('gradients' in sample))).toBe(true);
    expect(on.samples.map(sample => ({...timeless(sample), gradients: undefined}))).toEqual(
      off.samples.map(sample => ({...timeless(sample), gradients: undefined})),
    );
    // The last batch has four rows. Layers of the spectra have a gradient each.
    expect(on.samples.map(({gradients}) => gradients?.parts)).toEqual([8, 8, 4, 8, 8, 4]);
    for (const {gradients, layers} of on.samples) {
      expect(Object.keys(gradients!.layers)).toEqual(layers.map(({name}) => name));
    }
    // On the batch, on its parts, and with the weights before the step. A first sample may take products to announce a long one.
    const passes = (samples: readonly HessianSample[]) => samples.slice(1).map(({cost}) => cost.gradientPasses);
    const without = passes(off.samples);
    expect(passes(on.samples)).toEqual(without.map(each => expect.closeTo(each + 3, 9)));
  });

  it('leave no tensors, also if the training fails', async () => {
    const {x, y} = smallData();
    const model = smallModel();
    const fit = {epochs: 1, batchSize: 8, verbose: 0} as const;
    await model.fit(x, y, {...fit, callbacks: [new HessianSpectrumCallback(everyStep)]});
    const tensors = tf.memory().numTensors;
    const curvature = new HessianSpectrumCallback({...everyStep, gradients: true, subBatch: 5});
    const {samples} = collect(curvature);
    await model.fit(x, y, {...fit, callbacks: [curvature]});
    expect(samples).toHaveLength(3);
    expect(tf.memory().numTensors).toBe(tensors);
    const stops = callbackOf({
      onBatchEnd: async () => {
        throw new Error('stop');
      },
    });
    /** The tensors that a training leaves if a callback ends it by an error. */
    const left = async (callbacks: NonNullable<tfl.ModelFitArgs['callbacks']>) => {
      const before = tf.memory().numTensors;
      await expect(model.fit(x, y, {...fit, callbacks})).rejects.toThrow('stop');
      return tf.memory().numTensors - before;
    };
    // TensorFlow.js itself leaves the batch.
    expect(await left([curvature, stops])).toBe(await left([stops]));
    curvature.dispose();
  });
});

describe('Statistics of gradients', () => {
  beforeAll(() => useEngine('cpu'));

  it('have no step before the first one of each fit', async () => {
    const {x, y} = smallData();
    const schedule = anyOf(onTrainBegin(), everyBatches(1));
    const curvature = new HessianSpectrumCallback({
      ...everyStep,
      schedule,
      batch: {x, y},
      restart: true,
      gradients: true,
    });
    const {samples} = collect(curvature);
    const model = smallModel();
    const fit = {epochs: 1, batchSize: 10, verbose: 0, shuffle: false} as const;
    for (let i = 0; i < 2; i++) await model.fit(x, y, {...fit, callbacks: [curvature]});
    const isMissing = [true, false, false, true, false, false];
    expect(samples.map(({gradients}) => gradients!.alpha === null)).toEqual(isMissing);
    expect(samples.map(({gradients}) => gradients!.full.updateRatio === null)).toEqual(isMissing);
    for (const {gradients} of samples) expect(gradients!.full.norm).toBeGreaterThan(0);
  });

  it('are metrics of the network and of each layer, except alpha, and survive JSON', async () => {
    const {x, y} = smallData();
    const curvature = new HessianSpectrumCallback({...everyStep, gradients: true});
    const {samples} = collect(curvature);
    const found: [string, string | null, number][] = [];
    for (const name of ['gradientNorm', 'updateRatio', 'alpha'] as const) {
      curvature.metric$(name).subscribe(({layer, value}) => found.push([name, layer, value]));
    }
    await smallModel().fit(x, y, {epochs: 1, batchSize: 20, verbose: 0, callbacks: [curvature]});
    const {full, layers, alpha} = samples[0]!.gradients!;
    const names = ['first', 'norm', 'last'];
    expect(found).toEqual([
      ['gradientNorm', null, full.norm],
      ...names.map(name => ['gradientNorm', name, layers[name]!.norm]),
      ['updateRatio', null, full.updateRatio],
      ...names.map(name => ['updateRatio', name, layers[name]!.updateRatio]),
      ['alpha', null, alpha],
    ]);
    expect(parseSample(JSON.stringify(samples[0]))).toEqual(samples[0]);
  });

  it('are of all layers that training moves, a tied one once; metrics are of the selected ones', async () => {
    const tied = tfl.layers.dense({units: 4, activation: 'tanh', kernelInitializer: seeded(3), name: 'tied'});
    const input = tfl.input({shape: [4]});
    const hidden = tied.apply(tied.apply(input)) as tfl.SymbolicTensor;
    const out = tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: seeded(4), name: 'out'});
    const model = tfl.model({inputs: input, outputs: out.apply(hidden) as tfl.SymbolicTensor});
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
    const {x, y} = smallData();
    const curvature = new HessianSpectrumCallback({...everyStep, layers: ['out'], gradients: true, batch: {x, y}});
    const {samples, failures} = collect(curvature);
    const norms: [string | null, number][] = [];
    curvature.metric$('gradientNorm').subscribe(({layer, value}) => norms.push([layer, value]));
    await model.fit(x, y, {epochs: 1, batchSize: 10, verbose: 0, shuffle: false, callbacks: [curvature]});
    expect(failures).toEqual([]);
    expect(samples.map(({gradients}) => Object.keys(gradients!.layers))).toEqual([
      ['tied', 'out'],
      ['tied', 'out'],
    ]);
    expect(norms).toEqual(
      samples.flatMap(({gradients}) => [
        [null, gradients!.full.norm],
        ['out', gradients!.layers.out!.norm],
      ]),
    );
    // The gradient of a tied layer is the sum over its places: that of the Hessian's recording at the same weights.
    const H = await hessian(model, {x, y});
    const gradient = tf.tidy(() => [...H.gradient().dataSync()]);
    const ofTied = gradient.slice(0, 4 * 4 + 4);
    expect(samples[1]!.gradients!.layers.tied!.norm / Math.sqrt(dot(ofTied, ofTied))).toBeCloseTo(1, 5);
    H.dispose();
  });

  it.each([
    {operator: 'gaussNewton'},
    {operator: 'empiricalFisher', subBatch: 7},
    {regularizers: true},
    {regularizers: true, subBatch: 7, layers: 'middle'},
  ] as const)('are those of the loss that is sampled, with %j', async args => {
    const {x, y} = smallData();
    const kernelRegularizer = tfl.regularizers.l2({l2: 0.2});
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({
          units: 5,
          inputShape: [4],
          activation: 'tanh',
          kernelInitializer: seeded(1),
          kernelRegularizer,
        }),
        tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: seeded(2)}),
      ],
    });
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
    const curvature = new HessianSpectrumCallback({...everyStep, ...args, gradients: true});
    const {samples, failures} = collect(curvature);
    await model.fit(x, y, {epochs: 1, batchSize: 20, verbose: 0, shuffle: false, callbacks: [curvature]});
    expect(failures).toEqual([]);
    const [{gradients, batchSize}] = samples as [HessianSample];
    const rows = 'subBatch' in args ? args.subBatch : 20;
    expect(batchSize).toBe(rows);
    expect(gradients!.parts).toBe(Math.min(8, rows));
    const first = {x: tf.slice(x, 0, rows), y: tf.slice(y, 0, rows)};
    const H = await hessian(model, first, {regularizers: 'regularizers' in args});
    const length = tf.tidy(() => tf.norm(H.gradient()).dataSync()[0]!);
    expect(gradients!.full.norm / length).toBeCloseTo(1, 5);
    H.dispose();
  });

  it('in the background are a typed error before a worker starts', () => {
    let started = 0;
    const worker = () => {
      started++;
      throw new Error('started');
    };
    for (const background of [true, {worker}]) {
      expect(() => new HessianSpectrumCallback({gradients: true, background})).toThrow(InvalidArgumentError);
      expect(() => new HessianSpectrumCallback({gradients: {parts: 4}, background})).toThrow(
        /gradients and background/,
      );
    }
    expect(started).toBe(0);
  });

  it.each([{parts: 1}, {parts: 2.5}, {part: 4}, 8, 'yes'])('refuse the option %j', gradients => {
    expect(() => new HessianSpectrumCallback({gradients: gradients as never})).toThrow(InvalidArgumentError);
  });
});
