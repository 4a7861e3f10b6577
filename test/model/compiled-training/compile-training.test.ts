import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, ModelCompileArgs, ModelFitArgs, Sequential} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {attachRegularizer, everyBatches, HessianSpectrumCallback, HessianTraceRegularizer} from '../../../src/index.js';
import {compileTraining, explainCompiledSteps} from '../../../src/model/compiled-training/compile-training.js';
import {onWarning} from '../../../src/warnings.js';
import {useEngine} from '../../engines.js';
import {distance, seedMathRandom} from './both-ways.js';

type Layers = Parameters<Sequential['add']>[0][];
type Compile = Partial<ModelCompileArgs>;

const seeded = (seed: number) => tfl.initializers.glorotNormal({seed});

/** A classifier of three classes behind some layers. */
function classifier(inputShape: number[], layers: () => Layers): () => LayersModel {
  return () => {
    const model = tfl.sequential();
    model.add(tfl.layers.inputLayer({inputShape}));
    for (const layer of layers()) model.add(layer);
    if (model.outputs[0]!.rank > 2) model.add(tfl.layers.flatten());
    model.add(tfl.layers.dense({units: 3, activation: 'softmax', kernelInitializer: seeded(9)}));
    return model;
  };
}

const kernelInitializer = seeded(1);
const recurrent = {units: 4, kernelInitializer, recurrentInitializer: seeded(2)};

const subjects: Record<string, () => LayersModel> = {
  'a perceptron': classifier([6], () => [
    tfl.layers.dense({units: 5, activation: 'relu', kernelInitializer, kernelRegularizer: 'l1l2'}),
    tfl.layers.dense({units: 4, activation: 'tanh', kernelInitializer}),
  ]),
  'a convolutional network': classifier([8, 8, 2], () => [
    tfl.layers.conv2d({filters: 4, kernelSize: 3, activation: 'relu', kernelInitializer}),
    tfl.layers.maxPooling2d({poolSize: 2}),
    tfl.layers.batchNormalization(),
    tfl.layers.depthwiseConv2d({kernelSize: 2, depthwiseInitializer: seeded(3)}),
    tfl.layers.averagePooling2d({poolSize: 2, padding: 'same'}),
  ]),
  'an LSTM': classifier([3, 3], () => [tfl.layers.lstm({...recurrent, returnSequences: true})]),
  'a bidirectional GRU': classifier([3, 3], () => [
    tfl.layers.bidirectional({layer: tfl.layers.gru(recurrent) as never, mergeMode: 'concat'}),
  ]),
  'an embedding and a layer normalization': classifier([4], () => [
    tfl.layers.embedding({inputDim: 7, outputDim: 3, embeddingsInitializer: seeded(4)}),
    tfl.layers.layerNormalization(),
  ]),
  'a nested model': classifier([6], () => [
    tfl.sequential({layers: [tfl.layers.dense({units: 4, inputShape: [6], activation: 'elu', kernelInitializer})]}),
  ]),
};

function data(model: LayersModel, samples: number) {
  const [, ...shape] = model.inputs[0]!.shape as number[];
  const isEmbedding = model.layers.some(layer => layer.getClassName() === 'Embedding');
  const x = isEmbedding
    ? tf.cast(tf.randomUniform([samples, ...shape], 0, 7, 'int32', 5), 'float32')
    : tf.randomNormal([samples, ...shape], 0, 1, 'float32', 5);
  const classes = tf.randomUniform([samples], 0, 3, 'int32', 6);
  return {x, y: tf.cast(tf.oneHot(classes, 3), 'float32')};
}

interface Trained {
  readonly weights: Float32Array[];
  readonly history: tfl.History['history'];
}

/** Trains a new model, by compiled steps or plain ones. */
async function train(
  build: () => LayersModel,
  isCompiled: boolean,
  {compile = {}, fit = {}}: {compile?: Compile; fit?: ModelFitArgs} = {},
): Promise<Trained> {
  const model = build();
  model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy'], ...compile});
  const {x, y} = data(model, 22);
  const undo = isCompiled ? compileTraining(model) : () => {};
  const {history} = await model.fit(x, y, {epochs: 9, batchSize: 4, shuffle: false, verbose: 0, ...fit});
  undo();
  return {weights: model.getWeights().map(weight => weight.dataSync<'float32'>().slice()), history};
}

function collectWarnings(): {messages: string[]; stop: () => void} {
  const messages: string[] = [];
  return {messages, stop: onWarning(({message}) => messages.push(message))};
}

describe('compileTraining on the native engine', () => {
  beforeAll(() => useEngine('native'));

  it.each(Object.keys(subjects))('trains %s as plain steps do, over 54 steps', async name => {
    const warnings = collectWarnings();
    const [compiled, plain] = [await train(subjects[name]!, true), await train(subjects[name]!, false)];
    warnings.stop();
    expect(warnings.messages).toEqual([]);
    // Float32's rounding; Adam divides by it where gradients are small.
    expect(distance(compiled, plain)).toBeLessThan(1e-5);
    for (const metric of ['loss', 'acc']) {
      compiled.history[metric]!.forEach((value, epoch) => {
        expect(value).toBeCloseTo(plain.history[metric]![epoch] as number, 5);
      });
    }
  });

  it('gives the same bits in each run', async () => {
    const build = subjects['a convolutional network']!;
    expect((await train(build, true)).weights).toEqual((await train(build, true)).weights);
  });

  it.each<[string, () => tf.Optimizer]>([
    ['sgd', () => tf.train.sgd(0.1)],
    ['momentum', () => tf.train.momentum(0.05, 0.9)],
    ['rmsprop', () => tf.train.rmsprop(0.01)],
  ])('trains with the optimizer %s', async (_, optimizer) => {
    const build = subjects['a perceptron']!;
    const [compiled, plain] = [
      await train(build, true, {compile: {optimizer: optimizer()}}),
      await train(build, false, {compile: {optimizer: optimizer()}}),
    ];
    expect(distance(compiled, plain)).toBeLessThan(1e-5);
  });

  it('weighs classes, and validates as before', async () => {
    const build = subjects['a perceptron']!;
    const model = build();
    const {x, y} = data(model, 8);
    const fit: ModelFitArgs = {classWeight: {0: 1, 1: 3, 2: 0.5}, validationData: [x, y]};
    const [compiled, plain] = [await train(build, true, {fit}), await train(build, false, {fit})];
    expect(distance(compiled, plain)).toBeLessThan(1e-5);
    expect(compiled.history.val_loss!.at(-1)).toBeCloseTo(plain.history.val_loss!.at(-1) as number, 5);
  });

  it('trains a model of two inputs and two outputs by trainOnBatch', async () => {
    const trained = async (isCompiled: boolean) => {
      const [a, b] = [tfl.input({shape: [3]}), tfl.input({shape: [3]})];
      const hidden = tfl.layers.dense({units: 4, kernelInitializer, activation: 'tanh'});
      const sum = tfl.layers.add().apply([hidden.apply(a), hidden.apply(b)] as tfl.SymbolicTensor[]);
      const outputs = [1, 2].map(
        units => tfl.layers.dense({units, kernelInitializer}).apply(sum) as tfl.SymbolicTensor,
      );
      const model = tfl.model({inputs: [a, b], outputs});
      model.compile({optimizer: tf.train.sgd(0.1), loss: ['meanSquaredError', 'meanAbsoluteError']});
      const undo = isCompiled ? compileTraining(model) : () => {};
      const draw = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
      let losses: unknown;
      for (let step = 0; step < 6; step++) {
        losses = await model.trainOnBatch(
          [draw([4, 3], 1 + step), draw([4, 3], 10 + step)],
          [draw([4, 1], 20 + step), draw([4, 2], 30 + step)],
        );
      }
      undo();
      return {losses, weights: model.getWeights().map(weight => weight.dataSync<'float32'>().slice()), history: {}};
    };
    const [compiled, plain] = [await trained(true), await trained(false)];
    expect(distance(compiled, plain)).toBeLessThan(1e-6);
    (compiled.losses as number[]).forEach((loss, i) => {
      expect(loss).toBeCloseTo((plain.losses as number[])[i]!, 5);
    });
  });

  it('follows weights set from outside, another learning rate, frozen layers and a new compilation', async () => {
    const trained = async (isCompiled: boolean) => {
      const model = subjects['a perceptron']!();
      const compile = (optimizer: tf.Optimizer) => model.compile({optimizer, loss: 'categoricalCrossentropy'});
      const sgd = tf.train.sgd(0.1);
      compile(sgd);
      const {x, y} = data(model, 8);
      const undo = isCompiled ? compileTraining(model) : () => {};
      const train = () => model.fit(x, y, {epochs: 2, batchSize: 4, shuffle: false, verbose: 0});
      await train();
      model.setWeights(model.getWeights().map(weight => tf.mul(weight, 0.5)));
      await train();
      sgd.setLearningRate(0.01);
      await train();
      model.layers[1]!.trainable = false;
      compile(tf.train.adam(0.01));
      await train();
      model.layers[1]!.trainable = true;
      compile(tf.train.sgd(0.2));
      await train();
      undo();
      return {weights: model.getWeights().map(weight => weight.dataSync<'float32'>().slice()), history: {}};
    };
    expect(distance(await trained(true), await trained(false))).toBeLessThan(1e-5);
  });

  it('trains with the bits of plain steps after undo', async () => {
    const build = subjects['an LSTM']!;
    const undone = async () => {
      const model = build();
      compileTraining(model)();
      return model;
    };
    const model = await undone();
    expect((await train(() => model, false)).weights).toEqual((await train(build, false)).weights);
  });

  it.each<[string, () => LayersModel, Compile, string]>([
    [
      'random numbers of a kind that is not known',
      classifier([6], () => [Object.assign(new MyNoise(), {compilable: true})]),
      {},
      'random numbers',
    ],
    ['a loss of your own', subjects['a perceptron']!, {loss: myLoss}, 'the loss myLoss is a function of your own'],
    ['a metric of your own', subjects['a perceptron']!, {metrics: [myLoss]}, 'the metric myLoss'],
    ['a layer of your own', classifier([6], () => [new MyLayer()]), {}, 'layer "mine" is of your own class MyLayer'],
  ])('runs plain steps, and says so, for %s', async (_, build, compile, reason) => {
    const warnings = collectWarnings();
    const {history} = await train(build, true, {compile});
    warnings.stop();
    expect(warnings.messages).toHaveLength(1);
    expect(warnings.messages[0]).toContain(reason);
    expect(history.loss).toHaveLength(9);
  });

  it.each<[string, () => LayersModel]>([
    ['dropout', classifier([6], () => [tfl.layers.dropout({rate: 0.5}), tfl.layers.alphaDropout({rate: 0.2})])],
    [
      'an LSTM with dropout',
      classifier([4, 3], () => [tfl.layers.lstm({...recurrent, dropout: 0.3, recurrentDropout: 0.2})]),
    ],
  ])('uses the same masks as plain steps do, for %s', async (_, build) => {
    const trained = async (isCompiled: boolean) => {
      const stopSeeding = seedMathRandom();
      try {
        return await train(build, isCompiled);
      } finally {
        stopSeeding();
      }
    };
    const warnings = collectWarnings();
    const [compiled, plain] = [await trained(true), await trained(false)];
    warnings.stop();
    expect(warnings.messages).toEqual([]);
    expect(distance(compiled, plain)).toBeLessThan(1e-5);
  });

  it('draws new dropout masks in each step', async () => {
    const build = classifier([6], () => [tfl.layers.dropout({rate: 0.5})]);
    const model = build();
    model.compile({optimizer: tf.train.sgd(0), loss: 'categoricalCrossentropy'});
    const {x, y} = data(model, 4);
    const undo = compileTraining(model);
    const losses: unknown[] = [];
    for (let step = 0; step < 6; step++) losses.push(await model.trainOnBatch(x, y));
    undo();
    expect(new Set(losses).size).toBeGreaterThan(3);
  });

  it('trains with the same bits when a callback samples', async () => {
    const build = subjects['a perceptron']!;
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(20), steps: 3, probes: 1, traceProbes: 0});
    const failures: unknown[] = [];
    let samples = 0;
    curvature.failures$.subscribe(failure => failures.push(failure));
    curvature.samples$.subscribe(() => samples++);
    const sampled = await train(build, true, {fit: {callbacks: [curvature]}});
    curvature.dispose();
    expect([samples, failures]).toEqual([2, []]);
    expect(sampled.weights).toEqual((await train(build, true)).weights);
  });

  it('leaves penalized steps to the regularizer', async () => {
    const trained = async (isCompiled: boolean) => {
      const model = subjects['a perceptron']!();
      model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
      const {x, y} = data(model, 8);
      const undo = isCompiled ? compileTraining(model) : () => {};
      const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 0.01}));
      for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
      detach();
      undo();
      return model.getWeights().map(weight => weight.dataSync<'float32'>().slice());
    };
    expect(await trained(true)).toEqual(await trained(false));
  });

  it('runs a profiled step as it is, and compiles the next one', async () => {
    const model = subjects['a perceptron']!();
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
    const {x, y} = data(model, 4);
    const warnings = collectWarnings();
    const undo = compileTraining(model);
    await model.trainOnBatch(x, y);
    const {kernelNames} = await tf.profile(async () => void (await model.trainOnBatch(x, y)));
    expect(kernelNames).toContain('Relu');
    await model.trainOnBatch(x, y);
    await model.trainOnBatch(x, y);
    expect(explainCompiledSteps(model)).toHaveLength(1);
    undo();
    warnings.stop();
    expect(warnings.messages).toEqual([]);
  });

  it('compiles what declares itself compilable', async () => {
    const loss = Object.assign((yTrue: tf.Tensor, yPred: tf.Tensor) => myLoss(yTrue, yPred), {compilable: true});
    const warnings = collectWarnings();
    const build = classifier([6], () => [Object.assign(new MyLayer(), {compilable: true})]);
    const [compiled, plain] = [
      await train(build, true, {compile: {loss}}),
      await train(build, false, {compile: {loss}}),
    ];
    warnings.stop();
    expect(warnings.messages).toEqual([]);
    expect(distance(compiled, plain)).toBeLessThan(1e-5);
  });

  it('leaves no tensors behind', async () => {
    const model = subjects['a convolutional network']!();
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
    const {x, y} = data(model, 6);
    const undo = compileTraining(model);
    await model.fit(x, y, {batchSize: 4, epochs: 1, verbose: 0});
    const before = tf.memory().numTensors;
    await model.fit(x, y, {batchSize: 4, epochs: 40, verbose: 0});
    expect(tf.memory().numTensors).toBe(before);
    await model.trainOnBatch(x, y);
    await model.trainOnBatch(x, y);
    const withBoth = tf.memory().numTensors;
    for (let step = 0; step < 5; step++) await model.trainOnBatch(x, y);
    expect(tf.memory().numTensors).toBe(withBoth);
    undo();
    expect(tf.memory().numTensors).toBe(before);
  });
});

function myLoss(yTrue: tf.Tensor, yPred: tf.Tensor): tf.Tensor {
  return tf.mean(tf.square(tf.sub(yTrue, yPred)), -1);
}

class MyNoise extends tfl.layers.Layer {
  static className = 'MyNoise';

  constructor() {
    super({name: 'my_noise'});
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = [inputs].flat()[0]!;
    return tf.add(input, tf.randomUniform(input.shape, -1, 1));
  }

  override computeOutputShape(shape: tfl.Shape): tfl.Shape {
    return shape;
  }
}

class MyLayer extends tfl.layers.Layer {
  static className = 'MyLayer';

  constructor() {
    super({name: 'mine'});
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tanh([inputs].flat()[0]!);
  }

  override computeOutputShape(shape: tfl.Shape): tfl.Shape {
    return shape;
  }
}
