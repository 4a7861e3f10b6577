// A penalized step runs as one graph on the native engine. A layer with a call method of its own stands in the way of that, so
// that only the penalty is compiled: both must train to the same weights.

import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, ModelFitArgs} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import type {AttachRegularizerArgs, HessianTraceRegularizerArgs} from '../../../src/index.js';
import {attachRegularizer, compileTraining, explainStep, HessianTraceRegularizer} from '../../../src/index.js';
import {onWarning} from '../../../src/warnings.js';
import {useEngine} from '../../engines.js';
import {distance, historyDistance, seedMathRandom, type Trained} from '../../model/compiled-training/both-ways.js';

const seeded = (seed: number) => tfl.initializers.glorotNormal({seed});
const {layers} = tfl;

type Regularizer = NonNullable<Parameters<typeof layers.dense>[0]['kernelRegularizer']>;

interface Subject {
  readonly inputShape: number[];
  readonly build: (regularizer?: Regularizer) => LayersModel;
}

function stack(inputShape: number[], inner: (kernelRegularizer?: Regularizer) => tfl.layers.Layer[]): Subject {
  const build = (kernelRegularizer?: Regularizer) => {
    const model = tfl.sequential();
    model.add(layers.inputLayer({inputShape}));
    for (const layer of inner(kernelRegularizer)) model.add(layer);
    model.add(layers.dense({units: 3, activation: 'softmax', kernelInitializer: seeded(9)}));
    return model;
  };
  return {inputShape, build};
}

function dense(seed: number, units: number, activation: 'tanh' | 'relu', kernelRegularizer?: Regularizer) {
  return layers.dense({
    ...{units, activation, kernelInitializer: seeded(seed)},
    ...(kernelRegularizer && {kernelRegularizer}),
  });
}

const perceptron = stack([5], regularizer => [dense(1, 6, 'tanh', regularizer), dense(2, 4, 'relu')]);
const withDropout = stack([5], regularizer => [
  dense(1, 6, 'tanh', regularizer),
  layers.batchNormalization(),
  layers.dropout({rate: 0.3}),
  dense(2, 4, 'tanh'),
  layers.gaussianNoise({stddev: 0.1}),
]);

const subjects: Record<string, Subject> = {
  'a perceptron': perceptron,
  'dropout, noise and batch normalization': withDropout,
  'a convolutional network': stack([6, 6, 2], kernelRegularizer => [
    layers.conv2d({
      ...{filters: 3, kernelSize: 3, activation: 'relu', kernelInitializer: seeded(1)},
      ...(kernelRegularizer && {kernelRegularizer}),
    }),
    layers.maxPooling2d({poolSize: 2}),
    layers.flatten(),
  ]),
  'a masked LSTM': stack([4, 3], kernelRegularizer => [
    layers.masking({maskValue: 0}),
    layers.lstm({
      ...{units: 3, kernelInitializer: seeded(1), recurrentInitializer: seeded(2), dropout: 0.2},
      ...(kernelRegularizer && {kernelRegularizer}),
    }),
  ]),
  'a layer normalization': stack([4, 3], regularizer => [
    layers.timeDistributed({layer: dense(1, 4, 'tanh', regularizer)}),
    layers.layerNormalization(),
    layers.flatten(),
  ]),
};

function dataFor({inputShape}: Subject, samples: number) {
  const x = tf.randomNormal([samples, ...inputShape], 0, 1, 'float32', 5);
  const classes = tf.randomUniform([samples], 0, 3, 'int32', 6);
  return {x, y: tf.cast(tf.oneHot(classes, 3), 'float32')};
}

interface Penalized extends Trained {
  readonly penalties: readonly number[];
  readonly explained: string;
}

interface TrainingArgs {
  readonly regularizers?: readonly HessianTraceRegularizerArgs[];
  readonly attach?: AttachRegularizerArgs;
  /** In the configuration of a layer. */
  readonly configured?: HessianTraceRegularizerArgs;
  readonly fit?: ModelFitArgs;
  readonly optimizer?: () => tf.Optimizer;
  readonly during?: (model: LayersModel) => Promise<unknown>;
}

/** Trains for 54 steps, with a smaller last batch. Draws of `Math.random` are the same in each training. */
async function train(subject: Subject, isWhole: boolean, args: TrainingArgs): Promise<Penalized> {
  const {regularizers = [], configured, fit, optimizer = () => tf.train.sgd(0.1), during} = args;
  const restoreRandom = seedMathRandom();
  const warnings: string[] = [];
  const stopWarnings = onWarning(({message}) => warnings.push(message));
  const regularizer = configured && (new HessianTraceRegularizer(configured) as unknown as Regularizer);
  const model = subject.build(regularizer);
  if (!isWhole) model.layers.at(-1)!.call = model.layers.at(-1)!.call.bind(model.layers.at(-1)!);
  model.compile({optimizer: optimizer(), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const penalties: number[] = [];
  const attached = regularizers.map(each => attachRegularizer(model, new HessianTraceRegularizer(each), args.attach));
  for (const {penalty$} of attached)
    penalty$.subscribe(({total, layers}) => penalties.push(total, ...Object.values(layers)));
  try {
    const {x, y} = dataFor(subject, 44);
    const {history} = await model.fit(x, y, {epochs: 9, batchSize: 8, shuffle: false, verbose: 0, ...fit});
    await during?.(model);
    await new Promise(resolve => setTimeout(resolve, 20));
    return {
      weights: model.getWeights().map(weight => weight.dataSync<'float32'>().slice()),
      history: history as Trained['history'],
      warnings: warnings.filter(message => !message.includes('call method of its own')),
      compiledSteps: 0,
      penalties,
      explained: explainStep(model),
    };
  } finally {
    for (const {detach} of attached) detach();
    restoreRandom();
    stopWarnings();
  }
}

async function expectTheSame(subject: Subject, args: TrainingArgs): Promise<Penalized> {
  const [whole, parts] = [await train(subject, true, args), await train(subject, false, args)];
  expect(whole.explained).toMatch(/^Training step: \d+ TensorFlow ops/);
  expect(whole.explained).not.toContain('Penalty and its gradient');
  expect(parts.explained).not.toContain('Training step');
  expect([whole.warnings, parts.warnings]).toEqual([[], []]);
  // Float32's rounding.
  expect(distance(whole, parts)).toBeLessThan(1e-5);
  expect(historyDistance(whole, parts)).toBeLessThan(1e-5);
  expect(whole.penalties).toHaveLength(parts.penalties.length);
  const largest = Math.max(...parts.penalties.map(Math.abs));
  whole.penalties.forEach((value, i) => {
    expect(Math.abs(value - parts.penalties[i]!)).toBeLessThan(1e-5 * largest);
  });
  return whole;
}

const strength = 0.01;

describe('a penalized step as one graph', () => {
  beforeAll(() => useEngine('native'));

  it.each(Object.keys(subjects))('trains %s as before, attached', async name => {
    const {penalties} = await expectTheSame(subjects[name]!, {regularizers: [{strength}]});
    expect(new Set(penalties).size).toBeGreaterThan(50);
  });

  it.each(Object.keys(subjects))('trains %s as before, configured', async name => {
    await expectTheSame(subjects[name]!, {configured: {strength}});
  });

  it.each<[string, HessianTraceRegularizerArgs]>([
    ['two joint probes', {strength, probe: 'joint', probes: 2}],
    ['two Gaussian probes', {strength, probes: 2, distribution: 'gaussian'}],
    ['SEHT-D', {strength, estimator: 'dropout', keep: 0.7}],
    ['the Gauss–Newton matrix', {strength, curvature: 'gaussNewton'}],
    ['every third step', {strength, every: 3}],
    ['a strength that changes, and is zero at first', {strength: step => (step < 10 ? 0 : 2e-4 * step)}],
    ['the first rows of the batch', {strength, subBatch: 6}],
  ])('trains dropout and batch normalization as before, with %s', async (_, regularizer) => {
    await expectTheSame(withDropout, {regularizers: [regularizer]});
  });

  it('adds up regularizers with periods of their own, attached and configured', async () => {
    await expectTheSame(perceptron, {
      regularizers: [
        {strength, every: 2},
        {strength: 0.01, probe: 'joint', every: 3},
      ],
      configured: {strength, seed: 4},
    });
  });

  it('trains the middle layers with Adam, class weights and validation', async () => {
    const {x, y} = dataFor(perceptron, 6);
    await expectTheSame(perceptron, {
      regularizers: [{strength}],
      attach: {layers: 'middle'},
      optimizer: () => tf.train.adam(0.01),
      fit: {classWeight: {0: 1, 1: 2, 2: 0.5}, validationData: [x, y]},
    });
  });

  it('follows weights set from outside, another learning rate, frozen layers and a new compilation', async () => {
    const {x, y} = dataFor(perceptron, 8);
    const more = (model: LayersModel) => model.fit(x, y, {epochs: 3, batchSize: 4, shuffle: false, verbose: 0});
    await expectTheSame(perceptron, {
      regularizers: [{strength}],
      during: async model => {
        model.setWeights(model.getWeights().map(weight => tf.mul(weight, 0.5)));
        await more(model);
        (model.optimizer as tf.SGDOptimizer).setLearningRate(0.01);
        await more(model);
        // TensorFlow.js stops to train it although the model is not compiled again.
        model.layers[0]!.trainable = false;
        await more(model);
        model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy'});
        await more(model);
        model.layers[0]!.trainable = true;
        model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
        await more(model);
      },
    });
  });

  it('follows regularizers that are attached and detached between steps', async () => {
    const {x, y} = dataFor(perceptron, 8);
    const more = (model: LayersModel) => model.fit(x, y, {epochs: 3, batchSize: 4, shuffle: false, verbose: 0});
    await expectTheSame(perceptron, {
      regularizers: [{strength}],
      during: async model => {
        const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 0.1, seed: 2}));
        await more(model);
        detach();
        await more(model);
      },
    });
  });

  it('compiles the steps between penalized ones too, after compileTraining', async () => {
    const trained = async (isCompiled: boolean) => {
      const model = perceptron.build();
      model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
      const undo = isCompiled ? compileTraining(model) : () => {};
      const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength, every: 2}));
      const {x, y} = dataFor(perceptron, 8);
      for (let step = 0; step < 8; step++) await model.trainOnBatch(x, y);
      const programs = explainStep(model).match(/TensorFlow ops/g)!.length;
      detach();
      undo();
      return {weights: model.getWeights().map(weight => weight.dataSync<'float32'>().slice()), programs};
    };
    const [compiled, uncompiled] = [await trained(true), await trained(false)];
    expect([compiled.programs, uncompiled.programs]).toEqual([2, 1]);
    expect(distance(compiled, uncompiled)).toBeLessThan(1e-5);
  });

  it('trains a model of two outputs', async () => {
    const trained = async (isWhole: boolean) => {
      const input = tfl.input({shape: [3]});
      const hidden = dense(1, 4, 'tanh').apply(input);
      const outputs = [1, 2].map(
        units => layers.dense({units, kernelInitializer: seeded(units)}).apply(hidden) as tfl.SymbolicTensor,
      );
      const model = tfl.model({inputs: input, outputs});
      if (!isWhole) model.layers[1]!.call = model.layers[1]!.call.bind(model.layers[1]!);
      model.compile({optimizer: tf.train.sgd(0.1), loss: ['meanSquaredError', 'meanSquaredError']});
      const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength}));
      const draw = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
      for (let step = 0; step < 50; step++) {
        await model.trainOnBatch(draw([4, 3], step + 1), [draw([4, 1], step + 100), draw([4, 2], step + 200)]);
      }
      detach();
      return {weights: model.getWeights().map(weight => weight.dataSync<'float32'>().slice())};
    };
    expect(distance(await trained(true), await trained(false))).toBeLessThan(1e-5);
  });

  it('reaches the same bits when a training resumes', async () => {
    const trained = async (resumesAt: number) => {
      let model = subjects['a layer normalization']!.build();
      const attach = (initialStep: number) =>
        attachRegularizer(model, new HessianTraceRegularizer({strength}), {initialStep}).detach;
      const compile = () => model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
      compile();
      let detach = attach(0);
      const {x, y} = dataFor(subjects['a layer normalization']!, 8);
      for (let step = 0; step < 6; step++) {
        if (step === resumesAt) {
          detach();
          const weights = model.getWeights();
          model = subjects['a layer normalization']!.build();
          model.setWeights(weights);
          compile();
          detach = attach(step);
        }
        await model.trainOnBatch(x, y);
      }
      detach();
      return model.getWeights().map(weight => weight.dataSync<'float32'>().slice());
    };
    expect(await trained(3)).toEqual(await trained(-1));
  });

  it('runs as before, and says so, with an optimizer that minimizes in a way of its own', async () => {
    class Careful extends tf.SGDOptimizer {
      static override readonly className = 'Careful' as 'SGD';
      steps = 0;

      override minimize(...args: Parameters<tf.SGDOptimizer['minimize']>): tf.Scalar | null {
        this.steps++;
        return super.minimize(...args);
      }
    }
    const optimizer = new Careful(0.1);
    const messages: string[] = [];
    const stop = onWarning(({message}) => messages.push(message));
    const model = perceptron.build();
    model.compile({optimizer, loss: 'categoricalCrossentropy'});
    const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength}));
    const {x, y} = dataFor(perceptron, 8);
    for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
    detach();
    stop();
    expect(optimizer.steps).toBe(3);
    expect(messages.join()).toContain('the optimizer Careful has a minimize method of its own');
  });
});
