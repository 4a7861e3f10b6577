import type {Tensor, Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, ModelCompileArgs} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import type {Batch} from '../../src/model/batch.js';
import {hessian} from '../../src/operators/hessian.js';
import {engines, useEngine} from '../engines.js';
import {relativeError} from '../references.js';
import {expectConsistent, probe} from './identities.js';

const ROWS = 5;

type Loss = (target: Tensor, prediction: Tensor) => Tensor;

/** One hidden layer under two outputs, `kind` of three classes and `size` of two numbers. */
function twoOutputs(loss: readonly (string | Loss)[] | Readonly<Record<string, string>>): LayersModel {
  const dense = (units: number, name: string, activation: 'tanh' | 'softmax' | 'linear', seed: number) =>
    tfl.layers.dense({units, name, activation, kernelInitializer: tfl.initializers.randomNormal({stddev: 0.7, seed})});
  const input = tfl.input({shape: [4]});
  const hidden = dense(4, 'hidden', 'tanh', 1).apply(input) as tfl.SymbolicTensor;
  const outputs = [dense(3, 'kind', 'softmax', 2), dense(2, 'size', 'linear', 3)].map(
    layer => layer.apply(hidden) as tfl.SymbolicTensor,
  );
  const model = tfl.model({inputs: input, outputs});
  // TensorFlow.js' types want a list of one kind; it takes any.
  model.compile({optimizer: 'sgd', loss: loss as NonNullable<ModelCompileArgs['loss']>});
  return model;
}

const kinds = () => tf.oneHot(tf.tensor1d([0, 2, 1, 1, 0], 'int32'), 3).cast('float32');
const sizes = () => tf.randomNormal([ROWS, 2], 0, 1, 'float32', 5);
const inputs = () => tf.randomNormal([ROWS, 4], 0, 1, 'float32', 6);
const batch = (more: Partial<Batch> = {}): Batch => ({x: inputs(), y: [kinds(), sizes()], ...more});

async function product(model: LayersModel, data: Batch): Promise<Float32Array> {
  const H = await hessian(model, data);
  const image = tf.tidy(() => H.matvec(probe(H.size, 7) as Tensor1D).dataSync() as Float32Array);
  H.dispose();
  return image;
}

const add = (a: Float32Array, b: Float32Array) => a.map((x, i) => x + b[i]!);
const none: Loss = (_, prediction) => tf.mul(tf.sum(prediction, -1), 0);

describe.each(engines)('the Hessian on %s', engine => {
  beforeAll(() => useEngine(engine));

  it('takes losses by the outputs’ names as it takes a list of them', async () => {
    const list = twoOutputs(['categoricalCrossentropy', 'meanSquaredError']);
    const dict = twoOutputs({size: 'meanSquaredError', kind: 'categoricalCrossentropy'});
    expect(await product(dict, batch())).toEqual(await product(list, batch()));
  });

  it('takes inputs and targets by name as it takes a list of them', async () => {
    const model = twoOutputs(['categoricalCrossentropy', 'meanSquaredError']);
    const named = {x: {[model.inputNames[0]!]: inputs()}, y: {size: sizes(), kind: kinds()}};
    expect(await product(model, named)).toEqual(await product(model, batch()));
  });

  it('of two outputs is the sum of each one’s', async () => {
    const both = await product(twoOutputs(['categoricalCrossentropy', 'meanSquaredError']), batch());
    const first = await product(twoOutputs(['categoricalCrossentropy', none]), batch());
    const second = await product(twoOutputs([none, 'meanSquaredError']), batch());
    // Two float32 sums of the same terms.
    expect(relativeError(both, add(first, second))).toBeLessThan(1e-6);
  });

  it('of a loss function of one’s own is that of the built-in one with its formula', async () => {
    const own: Loss = (target, prediction) => tf.mean(tf.square(tf.sub(prediction, target)), -1);
    const built = await product(twoOutputs([none, 'meanSquaredError']), batch());
    expect(relativeError(await product(twoOutputs([none, own]), batch()), built)).toBeLessThan(1e-6);
  });

  it('of a loss function that bends as no built-in one does is symmetric', async () => {
    const own: Loss = (target, prediction) =>
      tf.sum(tf.mul(tf.sin(tf.sub(prediction, target)), tf.atan(prediction)), -1);
    const H = await hessian(twoOutputs([own, own]), batch());
    expectConsistent(H);
    H.dispose();
  });

  it('is linear in the sample weights', async () => {
    const model = twoOutputs(['categoricalCrossentropy', 'meanSquaredError']);
    const [a, b] = [tf.tensor1d([1, 0, 2, 0.5, 1]), tf.tensor1d([0.3, 1, 0, 1, 2])];
    const weighted = (w: Tensor1D) => product(model, batch({sampleWeight: {kind: w, size: tf.ones([ROWS])}}));
    const zero = await weighted(tf.zeros([ROWS]));
    const sum = add(await weighted(a), await weighted(b));
    // H(a + b) = H(a) + H(b) − H(0), and H(0) is the other output's.
    const expected = sum.map((x, i) => x - zero[i]!);
    expect(relativeError(await weighted(tf.add(a, b)), expected)).toBeLessThan(2e-6);
  });
});
