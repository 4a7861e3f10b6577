import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {quadraticForm} from '../../../src/operators/quadratic-form.js';
import type {HessianTraceRegularizerArgs} from '../../../src/regularizers/hessian-trace-regularizer.js';
import {HessianTraceRegularizer} from '../../../src/regularizers/hessian-trace-regularizer.js';
import {useEngine} from '../../engines.js';
import {relativeError} from '../../references.js';
import {smallBatch, smallMlp} from '../small-models.js';
import {gradientOfStep, minus, weightsOf} from '../training.js';

const STRENGTH = 0.5;
const penalty = () => new HessianTraceRegularizer({strength: STRENGTH, seed: 3}) as never;

/** What one penalized weight adds to a step's gradient: strength × ∇vᵀHv, v a direction of that weight alone. */
async function expectedOf(model: LayersModel, x: tf.Tensor, y: tf.Tensor, weight: number): Promise<number[]> {
  const sizes = model.trainableWeights.map(w => w.read().size);
  const v = new HessianTraceRegularizer({strength: 1, seed: 3}).direction({
    step: 1,
    block: `weight ${weight}`,
    sizes: [sizes[weight]!],
  });
  const direction = new Float32Array(sizes.reduce((a, b) => a + b));
  direction.set(
    v,
    sizes.slice(0, weight).reduce((a, b) => a + b, 0),
  );
  const {gradient} = await quadraticForm(model, {x, y}, {direction});
  return [...gradient.dataSync()].map(entry => entry * STRENGTH);
}

interface Case {
  /** A layer of the given input, penalized or not. */
  readonly layer: (regularizer: object) => layers.layers.Layer;
  readonly inputShape: number[];
  /** The options that take a regularizer, and the place of their weights among the model's. */
  readonly options: Readonly<Record<string, number>>;
}

const random = (seed: number) => layers.initializers.randomNormal({stddev: 0.5, seed});

const cases: Record<string, Case> = {
  dense: {
    layer: given => layers.layers.dense({units: 3, activation: 'tanh', kernelInitializer: random(1), ...given}),
    inputShape: [4],
    options: {kernelRegularizer: 0, biasRegularizer: 1},
  },
  conv2d: {
    layer: given =>
      layers.layers.conv2d({filters: 2, kernelSize: 2, activation: 'tanh', kernelInitializer: random(1), ...given}),
    inputShape: [4, 4, 2],
    options: {kernelRegularizer: 0, biasRegularizer: 1},
  },
  depthwiseConv2d: {
    layer: given =>
      layers.layers.depthwiseConv2d({kernelSize: 2, activation: 'tanh', depthwiseInitializer: random(1), ...given}),
    inputShape: [4, 4, 2],
    options: {depthwiseRegularizer: 0, biasRegularizer: 1},
  },
  separableConv2d: {
    layer: given =>
      layers.layers.separableConv2d({
        ...{filters: 2, kernelSize: 2, activation: 'tanh', depthwiseInitializer: random(1)},
        pointwiseInitializer: random(2),
        ...given,
      }),
    inputShape: [4, 4, 2],
    options: {depthwiseRegularizer: 0, pointwiseRegularizer: 1, biasRegularizer: 2},
  },
  embedding: {
    layer: given => layers.layers.embedding({inputDim: 5, outputDim: 3, embeddingsInitializer: random(1), ...given}),
    inputShape: [3],
    options: {embeddingsRegularizer: 0},
  },
  batchNormalization: {
    layer: given => layers.layers.batchNormalization({...given}),
    inputShape: [4],
    options: {gammaRegularizer: 0, betaRegularizer: 1},
  },
  // TensorFlow.js itself asks for no regularizer of a recurrent layer.
  gru: {
    layer: given =>
      layers.layers.gru({units: 2, kernelInitializer: random(1), recurrentInitializer: random(2), ...given}),
    inputShape: [3, 2],
    options: {kernelRegularizer: 0, recurrentRegularizer: 1, biasRegularizer: 2},
  },
  'bidirectional lstm': {
    layer: given =>
      layers.layers.bidirectional({
        layer: layers.layers.lstm({
          ...{units: 2, kernelInitializer: random(1), recurrentInitializer: random(2), returnSequences: false},
          ...given,
        }) as never,
        mergeMode: 'concat',
      }),
    inputShape: [3, 2],
    options: {recurrentRegularizer: 1},
  },
  'timeDistributed dense': {
    layer: given =>
      layers.layers.timeDistributed({
        layer: layers.layers.dense({units: 2, activation: 'tanh', kernelInitializer: random(1), ...given}),
      }),
    inputShape: [3, 2],
    options: {kernelRegularizer: 0},
  },
};

function modelOf({layer, inputShape}: Case, regularizer: object): LayersModel {
  const input = layers.input({shape: inputShape});
  let x = layer(regularizer).apply(input) as layers.SymbolicTensor;
  if (x.shape.length > 2) x = layers.layers.flatten().apply(x) as layers.SymbolicTensor;
  const last = layers.layers.dense({units: 2, kernelInitializer: random(9)});
  const model = layers.model({inputs: input, outputs: last.apply(x) as layers.SymbolicTensor});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

describe('a regularizer in a layer’s configuration', () => {
  beforeAll(() => useEngine('native'));

  const all = Object.entries(cases).flatMap(([name, one]) =>
    Object.entries(one.options).map(([option, weight]) => [option, name, one, weight] as const),
  );

  it.each(all)('as %s of %s penalizes that weight’s block', async (option, name, one, weight) => {
    const plain = modelOf(one, {});
    const penalized = modelOf(one, {[option]: penalty()});
    const shape = [6, ...one.inputShape];
    const x = name === 'embedding' ? tf.range(0, 18).mod(5).reshape(shape) : tf.randomNormal(shape, 0, 1, 'float32', 4);
    const y = tf.randomNormal([6, 2], 0, 1, 'float32', 5);
    penalized.setWeights(plain.getWeights());
    const moved = minus(gradientOfStep(penalized, {x, y}), gradientOfStep(plain, {x, y}));
    let expected = await expectedOf(plain, x, y, weight);
    if (name.startsWith('bidirectional')) {
      // The wrapped layer is made twice, forwards and backwards.
      const backwards = await expectedOf(plain, x, y, weight + 3);
      expected = expected.map((entry, i) => entry + backwards[i]!);
    }
    expect(relativeError(moved, expected)).toBeLessThan(1e-5);
  });

  it('ignores the other regularizers of a recurrent layer, as TensorFlow.js does', () => {
    const x = tf.randomNormal([6, 3, 2], 0, 1, 'float32', 4);
    const y = tf.randomNormal([6, 2], 0, 1, 'float32', 5);
    const gradient = (given: object) => gradientOfStep(modelOf(cases.gru!, given), {x, y});
    const expected = gradient({kernelRegularizer: penalty()});
    expect(gradient({kernelRegularizer: penalty(), recurrentRegularizer: layers.regularizers.l2({l2: 1})})).toEqual(
      expected,
    );
    expect(gradient({})).not.toEqual(expected);
  });

  it('does nothing while its layer is frozen', () => {
    const frozen = (regularized: boolean) => {
      const model = smallMlp({compiled: false, ...(regularized && {regularizer: penalty()})});
      model.getLayer('first').trainable = false;
      model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
      return model;
    };
    expect(gradientOfStep(frozen(true), smallBatch())).toEqual(gradientOfStep(frozen(false), smallBatch()));
  });

  it('works in a nested model', async () => {
    const nest = (regularizer?: never) => {
      const input = layers.input({shape: [4]});
      const model = layers.model({
        inputs: input,
        outputs: smallMlp({compiled: false, ...(regularizer ? {regularizer} : {})}).apply(
          input,
        ) as layers.SymbolicTensor,
      });
      model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
      return model;
    };
    const {x, y} = smallBatch();
    const moved = minus(gradientOfStep(nest(penalty()), {x, y}), gradientOfStep(nest(), {x, y}));
    expect(relativeError(moved, await expectedOf(nest(), x, y, 0))).toBeLessThan(1e-5);
  });

  it('survives model.save and loadLayersModel, toJSON and modelFromJSON, and cloning by its configuration', async () => {
    const options: HessianTraceRegularizerArgs = {
      ...{strength: 0.25, probes: 2, distribution: 'gaussian', estimator: 'dropout', keep: 0.75, probe: 'joint'},
      ...{curvature: 'gaussNewton', every: 3, subBatch: 5, seed: 1.5},
    };
    const original = smallMlp({regularizer: new HessianTraceRegularizer(options) as never});
    let saved: tf.io.ModelArtifacts | undefined;
    await original.save(
      tf.io.withSaveHandler(async artifacts => {
        saved = artifacts;
        return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
      }),
    );
    const Model = original.constructor as unknown as {fromConfig(cls: unknown, config: unknown): LayersModel};
    const copies: Record<string, LayersModel> = {
      loaded: await layers.loadLayersModel(tf.io.fromMemory(saved!)),
      'from JSON': await layers.models.modelFromJSON(JSON.parse(original.toJSON() as string)),
      cloned: Model.fromConfig(Model, original.getConfig()),
    };
    for (const copy of Object.values(copies)) {
      const {kernelRegularizer} = copy.getLayer('first') as unknown as {kernelRegularizer: HessianTraceRegularizer};
      expect(kernelRegularizer).toBeInstanceOf(HessianTraceRegularizer);
      expect(kernelRegularizer.getConfig()).toEqual(options);
      copy.setWeights(original.getWeights());
      copy.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
    }
    const {x, y} = smallBatch();
    for (const model of [original, ...Object.values(copies)])
      for (let i = 0; i < 3; i++) await model.trainOnBatch(x, y);
    for (const copy of Object.values(copies)) expect(weightsOf(copy)).toEqual(weightsOf(original));
  });
});
