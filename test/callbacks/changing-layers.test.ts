import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {parquetReadObjects} from 'hyparquet';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches, everyEpochs} from '../../src/callbacks/schedules.js';
import {RunBook} from '../../src/dashboard/runs/run-book.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {penalized} from '../../src/regularizers/penalized.js';
import {csv} from '../../src/sinks/csv.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {parquet} from '../../src/sinks/parquet.js';
import {readSamples} from '../../src/sinks/read-samples.js';
import {tensorBoard} from '../../src/sinks/tensorboard/tensor-board.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {onWarning} from '../../src/warnings.js';
import {useEngine} from '../engines.js';
import {callbackOf, collect, seeded, timeless} from './small-model.js';

beforeAll(() => useEngine('native'));

const x = await useEngine('native').then(() => tf.randomNormal([8, 4], 0, 1, 'float32', 1));
const y = tf.randomNormal([8, 2], 0, 1, 'float32', 2);
const fitArgs = {batchSize: 8, verbose: 0, shuffle: false} as const;
const small = {schedule: everyBatches(1), steps: 3, probes: 1} as const;

function threeLayers(): LayersModel {
  const dense = (name: string, units: number, i: number, more = {}) =>
    tfl.layers.dense({units, activation: 'tanh', kernelInitializer: seeded(i), name, ...more});
  const model = tfl.sequential({
    layers: [dense('one', 5, 1, {inputShape: [4]}), dense('two', 5, 2), dense('three', 2, 3)],
  });
  compile(model);
  return model;
}

function compile(model: LayersModel): void {
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
}

/** Freezes or unfreezes layers when an epoch begins. */
const toggling = (model: LayersModel, trainable: (epoch: number) => Record<string, boolean>) =>
  callbackOf({
    onEpochBegin: async epoch => {
      for (const [name, now] of Object.entries(trainable(epoch))) model.getLayer(name).trainable = now;
    },
  });

const namesOf = (samples: readonly HessianSample[]) => samples.map(({layers}) => layers.map(({name}) => name));

describe('Samples of layers that are frozen and unfrozen during training', () => {
  it.each([
    [
      'all',
      [
        ['one', 'two', 'three'],
        ['two', 'three'],
        ['one', 'two', 'three'],
      ],
    ],
    ['middle', [['two'], ['two', 'three'], ['two']]],
    [{middle: 1}, [['two'], ['two'], ['two']]],
    [({name}: {name: string}) => name !== 'two', [['one', 'three'], ['three'], ['one', 'three']]],
  ] as const)('%j means what is trained then', async (layers, expected) => {
    const model = threeLayers();
    const curvature = new HessianSpectrumCallback({...small, layers: layers as 'all'});
    const {samples, failures} = collect(curvature);
    await model.fit(x, y, {
      ...fitArgs,
      epochs: 3,
      callbacks: [toggling(model, epoch => ({one: epoch !== 1})), curvature],
    });
    expect(failures).toEqual([]);
    expect(namesOf(samples)).toEqual(expected);
    expect(samples.map(({full}) => full.parameters)).toEqual([67, 42, 67]);
  });

  it('fail while a named layer is frozen, say so, and continue afterwards', async () => {
    const model = threeLayers();
    const curvature = new HessianSpectrumCallback({...small, layers: ['one', 'two']});
    const {samples, failures} = collect(curvature);
    const points: string[][] = [[], []];
    curvature.metric$('trace', {layers: ['one']}).subscribe(({layer}) => points[0]!.push(layer!));
    curvature.metric$('trace').subscribe(({layer}) => points[1]!.push(String(layer)));
    await model.fit(x, y, {
      ...fitArgs,
      epochs: 3,
      callbacks: [toggling(model, epoch => ({one: epoch !== 1})), curvature],
    });
    expect(namesOf(samples)).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
    expect(failures.map(({error, epoch}) => [error.name, epoch])).toEqual([['InvalidArgumentError', 1]]);
    expect(failures[0]!.error.message).toMatch(/^Layer "one" is frozen now: .* trained now: two, three\.$/);
    expect(points[0]).toEqual(['one', 'one']);
    expect(points[1]).toHaveLength(6);
  });

  it('begin while a layer is frozen, and include it after the model is compiled with it', async () => {
    const model = threeLayers();
    model.getLayer('one').trainable = false;
    compile(model);
    const curvature = new HessianSpectrumCallback({...small, layers: ['one']});
    const {samples, failures} = collect(curvature);
    const points: string[] = [];
    curvature.metric$('top', {layers: ['one', 'two']}).subscribe({
      next: ({layer}) => points.push(layer!),
      error: () => points.push('error'),
    });
    await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
    model.getLayer('one').trainable = true;
    // TensorFlow.js trains it after the next compile().
    await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
    compile(model);
    await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
    expect(failures.map(({error}) => /is frozen now/.test(error.message))).toEqual([true, true]);
    expect(namesOf(samples)).toEqual([['one']]);
    await expect(
      model.fit(x, y, {...fitArgs, callbacks: [new HessianSpectrumCallback({...small, layers: ['oen']})]}),
    ).rejects.toThrow(/did you mean "one"/);
  });

  it('of a GAN follow the model that is trained', async () => {
    const discriminator = tfl.sequential({
      name: 'discriminator',
      layers: [tfl.layers.dense({units: 1, inputShape: [4], kernelInitializer: seeded(1), name: 'd'})],
    });
    discriminator.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    const generator = tfl.sequential({
      name: 'generator',
      layers: [tfl.layers.dense({units: 4, inputShape: [4], kernelInitializer: seeded(2), name: 'g'})],
    });
    discriminator.trainable = false;
    const combined = tfl.sequential({layers: [generator, discriminator]});
    combined.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    const callbacks = [new HessianSpectrumCallback(small), new HessianSpectrumCallback(small)];
    const seen = callbacks.map(collect);
    const ones = tf.ones([8, 1]);
    for (let i = 0; i < 2; i++) {
      discriminator.trainable = true;
      await discriminator.fit(x, ones, {...fitArgs, callbacks: [callbacks[0]!]});
      discriminator.trainable = false;
      await combined.fit(x, ones, {...fitArgs, callbacks: [callbacks[1]!]});
    }
    expect(seen.flatMap(({failures}) => failures)).toEqual([]);
    expect(namesOf(seen[0]!.samples)).toEqual([['d'], ['d']]);
    expect(namesOf(seen[1]!.samples)).toEqual([['generator/g'], ['generator/g']]);
    // If nothing is trainable, TensorFlow.js itself throws.
    await expect(discriminator.fit(x, ones, {...fitArgs, callbacks: [callbacks[0]!]})).rejects.toThrow(
      /at least one of the input variables to be trainable|no trainable weights/,
    );
  });

  it('in the background have the names and values of those on the main thread', async () => {
    const taken: Partial<HessianSample>[][] = [];
    for (const background of [false, true]) {
      const build = (name: string, seed: number) =>
        tfl.layers.dense({units: 4, activation: 'tanh', inputShape: [4], kernelInitializer: seeded(seed), name});
      const base = tfl.sequential({name: 'base', layers: [build('a', 1), build('b', 2)]});
      const tail = tfl.sequential({name: 'tail', layers: [build('c', 3)]});
      // Weights of the same shapes, in an order that depends on what is frozen.
      base.layers[1]!.trainable = false;
      tail.trainable = false;
      const head = tfl.layers.dense({units: 2, kernelInitializer: seeded(4), name: 'head'});
      const model = tfl.sequential({layers: [base, tail, head]});
      compile(model);
      const curvature = new HessianSpectrumCallback({...small, schedule: everyEpochs(1), background});
      const {samples, failures} = collect(curvature);
      // Waits for the last sample of each fit.
      for (let i = 0; i < 2; i++) {
        await model.fit(x, y, {...fitArgs, callbacks: [curvature]});
        base.layers[0]!.trainable = false;
      }
      curvature.dispose();
      expect(failures).toEqual([]);
      expect(namesOf(samples)).toEqual([['base/a', 'head'], ['head']]);
      taken.push(samples.map(timeless));
    }
    expect(taken[1]).toEqual(taken[0]);
  }, 60_000);
});

describe('Sinks accept layers that come and go', async () => {
  const model = threeLayers();
  const curvature = new HessianSpectrumCallback(small);
  const {samples, failures} = collect(curvature);
  const folder = mkdtempSync(join(tmpdir(), 'changing-'));
  const at = (name: string) => join(folder, name);
  const args = {failures$: curvature.failures$};
  const sinks = [
    csv(at('run.csv'), args),
    ndjson(at('run.ndjson'), args),
    parquet(at('run.parquet'), args),
    tensorBoard(at('logs'), {...args, fileName: 'run.tfevents'}),
  ];
  const book = new RunBook();
  for (const sink of sinks) curvature.samples$.subscribe(sink);
  curvature.samples$.subscribe(sample => book.add(sample));
  beforeAll(async () => {
    const toggle = toggling(model, epoch => ({one: epoch % 2 === 1, two: epoch < 2}));
    await model.fit(x, y, {...fitArgs, epochs: 4, callbacks: [toggle, curvature]});
    await model.fit(x, y, {...fitArgs, epochs: 1, callbacks: [curvature]});
    curvature.dispose();
    await Promise.all(sinks.map(({closed}) => closed));
  });
  const expected = () => samples.flatMap(({layers}) => [null, ...layers.map(({name}) => name)]);

  it('without a failure', () => {
    expect(failures).toEqual([]);
    expect(namesOf(samples)).toEqual([
      ['two', 'three'],
      ['one', 'two', 'three'],
      ['three'],
      ['one', 'three'],
      ['one', 'three'],
    ]);
  });

  it('in tables, with the counts of all fits', async () => {
    const [header, ...lines] = readFileSync(at('run.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => line.split(','));
    const column = (name: string) => lines.map(line => line[header!.indexOf(name)]!);
    expect(column('layer')).toEqual(expected().map(name => name ?? ''));
    const buffer = readFileSync(at('run.parquet'));
    const rows = await parquetReadObjects({
      file: buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length),
    });
    expect(rows.map(({layer}) => layer ?? null)).toEqual(expected());
    for (const name of ['step', 'totalEpoch', 'fit', 'fitStep', 'epoch'] as const) {
      const values = samples.flatMap(sample => [null, ...sample.layers].map(() => sample[name]));
      expect(column(name).map(Number)).toEqual(values);
      expect(rows.map(row => row[name])).toEqual(values);
    }
    expect(column('step').at(-1)).toBe('5');
    expect(column('epoch').at(-1)).toBe('0');
  });

  it('in lines', async () => {
    const read: HessianSample[] = [];
    for await (const sample of readSamples(at('run.ndjson'))) read.push(sample);
    expect(read).toEqual(JSON.parse(JSON.stringify(samples)));
  });

  it('on the page: two fits of one model are one run, in which a layer has gaps', () => {
    expect(book.runs.map(run => run.samples)).toEqual([5]);
    const record = book.run(book.runs[0]!.key)!;
    const view = record.view({blocks: [0, 1, 2, 3], from: null, to: null});
    expect(view.moments.step).toEqual([1, 2, 3, 4, 5]);
    const lines = Object.fromEntries(view.blocks.map(({layer, trace}) => [layer, trace.value.map(v => v !== null)]));
    expect(lines).toEqual({
      null: [true, true, true, true, true],
      one: [false, true, false, true, true],
      two: [true, true, false, false, false],
      three: [true, true, true, true, true],
    });
  });
});

describe('A penalty on layers that are frozen and unfrozen during training', () => {
  const regularizer = () => new HessianTraceRegularizer({strength: 1e-3});
  const settled = () => new Promise(resolve => setTimeout(resolve, 20));

  it.each([
    [
      'all',
      [
        ['one', 'two', 'three'],
        ['two', 'three'],
        ['one', 'two', 'three'],
      ],
    ],
    ['middle', [['two'], ['two', 'three'], ['two']]],
    [({name}: {name: string}) => name !== 'two', [['one', 'three'], ['three'], ['one', 'three']]],
  ] as const)('%j means what is trained in the step', async (layers, expected) => {
    const model = threeLayers();
    const attached = attachRegularizer(model, regularizer(), {layers: layers as 'all'});
    const seen: string[][] = [];
    attached.penalty$.subscribe(point => seen.push(Object.keys(point.layers)));
    await model.fit(x, y, {...fitArgs, epochs: 3, callbacks: [toggling(model, epoch => ({one: epoch !== 1}))]});
    await settled();
    expect(seen).toEqual(expected);
    expect(attached.layers).toEqual(expected[2]);
    attached.detach();
  });

  it('skips a named layer while it is frozen, and warns once', async () => {
    const model = threeLayers();
    const warnings: string[] = [];
    const undo = onWarning(({message}) => warnings.push(message));
    const {penalty$, direction, detach} = attachRegularizer(model, regularizer(), {layers: ['one', 'two']});
    const seen: string[][] = [];
    penalty$.subscribe(point => seen.push(Object.keys(point.layers)));
    await model.fit(x, y, {...fitArgs, epochs: 4, callbacks: [toggling(model, epoch => ({one: epoch % 3 === 0}))]});
    await settled();
    undo();
    expect(seen).toEqual([['one', 'two'], ['two'], ['two'], ['one', 'two']]);
    expect(warnings).toEqual([expect.stringMatching(/leaves layers alone that are frozen now: one\./)]);
    expect(direction({step: 1, layer: 'one'})).toHaveLength(25);
    detach();
    model.getLayer('one').trainable = false;
    expect(() => attachRegularizer(model, regularizer(), {layers: ['one']})).toThrow(InvalidArgumentError);
  });

  it('in a custom loop follows what is trainable', () => {
    const model = threeLayers();
    const withPenalty = penalized(model, regularizer());
    const loss = withPenalty(() => tf.losses.meanSquaredError(y, model.apply(x) as tf.Tensor) as tf.Scalar);
    const counts = () => withPenalty.layers;
    tf.dispose(loss());
    expect(counts()).toEqual(['one', 'two', 'three']);
    model.getLayer('one').trainable = false;
    tf.dispose(loss());
    expect(counts()).toEqual(['two', 'three']);
    model.getLayer('one').trainable = true;
    tf.dispose(loss());
    expect(counts()).toEqual(['one', 'two', 'three']);
  });
});
