import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import type {EngineName} from '../engines.js';
import {engines, useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, referenceNames, relativeError} from '../references.js';
import {blockOf, gradientOfStep, hasPenalty, minus, recompile, runStep, weightsOf, withConfigured} from './training.js';

const LEARNING_RATE = 0.01;
const STRENGTH = 0.5;

const everywhere = [
  'mlp_tanh',
  'cnn_relu_maxpool',
  'batchnorm_training',
  'multi_output_weighted',
  'lstm',
  // With gradients that TensorFlow.js' own cpu engine takes wrongly in any training step.
  'average_pooling_overlapping',
  'cnn_tanh_avgpool_strided',
  'max_pooling_apart',
  'upsampling_nearest',
];
const casesOn = (engine: EngineName) =>
  referenceNames.filter(name => hasPenalty(readReference(name)) && (engine === 'native' || everywhere.includes(name)));

describe.each(engines)('the gradient of a penalized step on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(casesOn(engine))('moves the weights of %s by lr × strength × ∇vᵀHv more, v the step’s probe', async name => {
    const reference = readReference(name);
    const {layer} = reference.penalty!;
    const batch = referenceBatch(reference);
    const step = async (penalize: boolean) => {
      const model = await loadReferenceModel(name, reference);
      recompile(model, tf.train.sgd(LEARNING_RATE));
      const regularizer = new HessianTraceRegularizer({strength: STRENGTH, seed: 3});
      const attached = penalize ? attachRegularizer(model, regularizer, {layers: [layer]}) : null;
      runStep(model, batch);
      attached?.detach();
      return {weights: weightsOf(model), v: attached?.direction({step: 1, layer})};
    };
    const plain = await step(false);
    const {weights, v} = await step(true);
    const model = await loadReferenceModel(name, reference);
    const gradient = (await quadraticForm(model, batch, {layer, direction: v!})).gradient.dataSync();
    const moved = minus(plain.weights, weights, LEARNING_RATE * STRENGTH);
    // What is compared is a difference of float32 weights: their rounding, over the step's size, is what is left.
    const rounding = Math.max(...weights.map(Math.abs)) * 2 ** -24 * Math.sqrt(2 * weights.length);
    const norm = Math.hypot(...gradient);
    if (norm === 0) expect(moved).toEqual(moved.map(() => 0));
    else expect(relativeError(moved, gradient)).toBeLessThan(1e-5 + rounding / (LEARNING_RATE * STRENGTH * norm));
  });

  // With class weights `fit` gives the step sample weights; what goes into a step is the same then.
  it('counts class weights, by fit', async () => {
    const {model, batch} = classifier({dropout: false});
    const classWeight = {0: 1, 1: 3, 2: 0.5};
    const labels = await batch.y.argMax(-1).array();
    const sampleWeight = tf.tensor1d((labels as number[]).map(label => classWeight[label as 0 | 1 | 2]));
    const expected = await expectedMove(model, {...batch, sampleWeight}, 'hidden');
    const plain = await fitOnce(classifier({dropout: false}).model, batch, {classWeight});
    const {model: penalized} = classifier({dropout: false});
    attachRegularizer(penalized, new HessianTraceRegularizer({strength: STRENGTH}), {layers: ['hidden']});
    const moved = minus(plain, await fitOnce(penalized, batch, {classWeight}), STRENGTH);
    expect(relativeError(moved, expected)).toBeLessThan(1e-4);
  });

  it('uses the step’s own dropout masks, with L2, metrics and a regularizer that runs Mean', async () => {
    const {model, batch} = classifier({dropout: true});
    const expected = await expectedMove(model, batch, 'hidden');
    const plain = await fitOnce(model, batch);
    const {model: penalized} = classifier({dropout: true});
    attachRegularizer(penalized, new HessianTraceRegularizer({strength: STRENGTH}), {layers: ['hidden']});
    const moved = minus(plain, await fitOnce(penalized, batch), STRENGTH);
    expect(relativeError(moved, expected)).toBeLessThan(1e-4);
    const {model: other} = classifier({dropout: false});
    expect(relativeError(moved, await expectedMove(other, batch, 'hidden'))).toBeGreaterThan(0.1);
  });

  it('leaves batch normalization’s moving averages to the step’s one forward pass', async () => {
    const reference = readReference('batchnorm_training');
    const batch = referenceBatch(reference);
    const averages = async (args: {subBatch?: number} | null) => {
      const model = await loadReferenceModel('batchnorm_training', reference);
      if (args) attachRegularizer(model, new HessianTraceRegularizer({strength: STRENGTH, ...args}));
      runStep(model, batch);
      return model.nonTrainableWeights.map(weight => [...weight.read().dataSync()]);
    };
    const plain = await averages(null);
    expect(await averages({})).toEqual(plain);
    expect(await averages({subBatch: 3})).toEqual(plain);
  });

  it('penalizes every use of a shared layer’s weight, also by its configuration', async () => {
    const name = 'shared_layer';
    const reference = readReference(name);
    const {layer} = reference.penalty!;
    const batch = referenceBatch(reference);
    const regularizer = new HessianTraceRegularizer({strength: STRENGTH, seed: 3});
    const loaded = await loadReferenceModel(name, reference);
    const plain = gradientOfStep(loaded, batch);
    const configured = await withConfigured(loaded, layer, regularizer);
    configured.compile({optimizer: 'sgd', loss: loaded.loss as string});
    const moved = minus(gradientOfStep(configured, batch), plain, STRENGTH);
    // One probe a weight: the sum of the forms of blocks, not the form of the layer.
    const places = configured.trainableWeights.flatMap((weight, i) =>
      weight.originalName.startsWith(`${layer}/`) ? [{i, size: weight.read().size}] : [],
    );
    const total = places.reduce((sum, {size}) => sum + size, 0);
    const expected = new Array<number>(plain.length).fill(0);
    let offset = 0;
    for (const {i, size} of places) {
      const direction = new Float32Array(total);
      direction.set(regularizer.direction({step: 1, block: `weight ${i}`, sizes: [size]}), offset);
      offset += size;
      const {gradient} = await quadraticForm(loaded, batch, {layer, direction});
      gradient.dataSync().forEach((entry, j) => {
        expected[j]! += entry;
      });
    }
    expect(relativeError(moved, expected)).toBeLessThan(1e-5);
  });
});

/** Runs Mean kernels itself, as the data loss does. */
class MeanSquare extends (Object.getPrototypeOf(
  layers.regularizers.l2({l2: 0}).constructor,
) as abstract new () => object & {
  apply(x: tf.Tensor): tf.Scalar;
}) {
  static readonly className = 'MeanSquare';

  override apply(x: tf.Tensor): tf.Scalar {
    return tf.mean(tf.square(x));
  }

  getConfig(): object {
    return {};
  }

  getClassName(): string {
    return 'MeanSquare';
  }
}

function classifier({dropout}: {dropout: boolean}) {
  const random = (seed: number) => layers.initializers.randomNormal({stddev: 0.5, seed});
  const model = layers.sequential({
    layers: [
      layers.layers.dense({
        name: 'first',
        units: 6,
        inputShape: [5],
        activation: 'tanh',
        kernelInitializer: random(1),
        kernelRegularizer: 'l1l2',
        biasRegularizer: new MeanSquare() as never,
      }),
      // With a seed the mask is the same in every pass.
      layers.layers.dropout({rate: dropout ? 0.4 : 0, seed: 7}),
      layers.layers.dense({name: 'hidden', units: 4, activation: 'sigmoid', kernelInitializer: random(2)}),
      layers.layers.dense({
        name: 'last',
        units: 3,
        activation: 'softmax',
        kernelInitializer: random(3),
        kernelRegularizer: layers.regularizers.l2({l2: 0.1}),
      }),
    ],
  });
  model.compile({optimizer: tf.train.sgd(1), loss: 'categoricalCrossentropy', metrics: ['accuracy', 'mse']});
  const x = tf.randomNormal([9, 5], 0, 1, 'float32', 4) as tf.Tensor2D;
  const y = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 1], 'int32'), 3).toFloat();
  return {model, batch: {x, y}};
}

async function fitOnce(
  model: LayersModel,
  {x, y}: {x: tf.Tensor; y: tf.Tensor},
  args: Partial<layers.ModelFitArgs> = {},
): Promise<number[]> {
  await model.fit(x, y, {epochs: 1, batchSize: 64, shuffle: false, verbose: 0, ...args});
  return weightsOf(model);
}

async function expectedMove(
  model: LayersModel,
  batch: {x: tf.Tensor; y: tf.Tensor; sampleWeight?: tf.Tensor},
  layer: string,
): Promise<Float32Array> {
  const sizes = model.getLayer(layer).trainableWeights.map(weight => weight.read().size);
  const direction = new HessianTraceRegularizer({strength: 1}).direction({
    step: 1,
    block: blockOf(model, layer),
    sizes,
  });
  const {gradient} = await quadraticForm(model, batch, {layer, direction});
  return gradient.dataSync() as Float32Array;
}
