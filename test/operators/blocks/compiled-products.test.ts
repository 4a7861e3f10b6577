// Products are compiled from the second one on (op by op), and run as one graph when there have been enough. That they stay
// what they were is shown on every reference network.

import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import type {Batch} from '../../../src/model/batch.js';
import {activationHessian} from '../../../src/operators/activation-hessian.js';
import {empiricalFisher} from '../../../src/operators/empirical-fisher.js';
import {gaussNewton} from '../../../src/operators/gauss-newton.js';
import {hessian} from '../../../src/operators/hessian.js';
import type {LinearOperator} from '../../../src/operators/linear-operator.js';
import {residualHessian} from '../../../src/operators/residual-hessian.js';
import {nativeBackend} from '../../../src/tfjs-internals/node/backend.js';
import {useEngine} from '../../engines.js';
import {loadReferenceModel, readReference, referenceBatch, referenceNames, relativeError} from '../../references.js';

/** As many products as make a graph pay, and some more. */
const MANY = 30;

interface Counted {
  readonly binding: {getNumOfTensors(): number; getNumOfSavedModels(): number};
}

const native = () => (nativeBackend() as unknown as Counted).binding;
/** Graphs that are loaded. Some are given back when an operator is disposed of. */
const graphs = () => native().getNumOfSavedModels();
const tensors = () => [tf.memory().numTensors, native().getNumOfTensors()];

const random = (shape: number[], seed = 1) => tf.randomNormal(shape, 0, 1, 'float32', seed);

function productsOf(op: LinearOperator, v: tf.Tensor1D, count: number): Float32Array[] {
  return Array.from({length: count}, () => tf.tidy(() => op.matvec(v).dataSync<'float32'>().slice()));
}

beforeAll(async () => {
  // Sessions can be counted. test/native/graph-kinds.test.ts compares the other kinds of graphs with them.
  vi.stubEnv('TFJS_HESSIAN_GRAPHS', 'session');
  await useEngine('native');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe.each(referenceNames)('products with the Hessian of %s', name => {
  const reference = readReference(name);

  it('agree with float64 in each way of running them, and leave no tensors', async () => {
    const model = await loadReferenceModel(name, reference);
    const batch = referenceBatch(reference);
    const v = tf.tensor1d(reference.hvp.vector);
    // Weights, batch and vector are handed over to the engine when they are first used.
    const other = await hessian(model, batch);
    productsOf(other, v, 1);
    other.dispose();
    const [held, loaded] = [tensors(), graphs()];
    const H = await hessian(model, batch);
    const [first, ...others] = productsOf(H, v, MANY);
    for (const product of others) expect(product).toEqual(first);
    // Networks that differ in nothing but numbers share their graph.
    expect(graphs() - loaded).toBeLessThanOrEqual(1);
    expect(graphs()).toBeGreaterThan(0);
    expect(relativeError(first!, reference.hvp.product)).toBeLessThan(1e-6);
    H.dispose();
    expect(tensors()).toEqual(held);
  });

  it('of k columns at once are those of single columns', async () => {
    const model = await loadReferenceModel(name, reference);
    const H = await hessian(model, referenceBatch(reference));
    for (const op of [H, ...H.layers.map(layer => H.block(layer.name))]) {
      const V = random([op.size, 3]) as tf.Tensor2D;
      const [first] = productsOf(op, tf.squeeze(tf.slice(V, [0, 0], [-1, 1]), [1]), 1);
      for (let i = 0; i < MANY; i++) {
        const column = tf.tidy(() => tf.slice(op.matmat(V), [0, 0], [-1, 1]).dataSync());
        expect(relativeError(column, first!)).toBeLessThan(1e-6);
      }
    }
    H.dispose();
  });
});

describe('compiled products', () => {
  let model: LayersModel;
  let batch: Batch & {x: tf.Tensor; y: tf.Tensor};

  beforeAll(() => {
    model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 5, inputShape: [4], activation: 'tanh'}),
        tfl.layers.dense({units: 3, activation: 'softmax'}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
    batch = {x: random([8, 4]), y: tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32'), 3).cast('float32')};
  });

  it.each([
    ['gaussNewton', gaussNewton],
    ['residualHessian', residualHessian],
    ['empiricalFisher', empiricalFisher],
  ])('of %s stay what they were', async (_, operatorOf) => {
    const op = await operatorOf(model, batch);
    const [first, ...others] = productsOf(op, random([op.size]) as tf.Tensor1D, MANY);
    for (const product of others) expect(relativeError(product, first!)).toBeLessThan(1e-6);
    op.dispose();
  });

  it('in a layer’s output do not change when compiled', async () => {
    const held = tensors();
    const op = await activationHessian(model, batch, {layer: model.layers[0]!.name});
    const v = random([op.size]) as tf.Tensor1D;
    const [first, ...others] = productsOf(op, v, MANY);
    for (const product of others) expect(relativeError(product, first!)).toBeLessThan(1e-6);
    op.dispose();
    v.dispose();
    expect(tensors()).toEqual(held);
  });

  it('use the recorded weights, also after training', async () => {
    const H = await hessian(model, batch);
    const v = random([H.size]) as tf.Tensor1D;
    const [first] = productsOf(H, v, 2);
    await model.fit(batch.x, batch.y, {epochs: 2, verbose: 0});
    for (const product of productsOf(H, v, MANY)) expect(relativeError(product, first!)).toBeLessThan(1e-6);
    H.dispose();
  });

  it('are different for different vectors, and linear', async () => {
    const H = await hessian(model, batch);
    const [u, v] = [random([H.size], 1), random([H.size], 2)] as [tf.Tensor1D, tf.Tensor1D];
    for (let i = 0; i < MANY; i++) {
      const [sum, parts] = tf.tidy(() => [
        H.matvec(tf.add(u, v)).dataSync(),
        tf.add(H.matvec(u), H.matvec(v)).dataSync(),
      ]);
      expect(relativeError(sum!, parts!)).toBeLessThan(1e-5);
    }
    H.dispose();
  });

  it('share one graph among the operators of a model, and another for another size of the batch', async () => {
    const small = {x: tf.slice(batch.x, [0, 0], [4, 4]), y: tf.slice(batch.y, [0, 0], [4, 3])};
    const loadedBy = async (of: Batch) => {
      const H = await hessian(model, of);
      const before = graphs();
      productsOf(H, random([H.size]) as tf.Tensor1D, MANY);
      const loaded = graphs() - before;
      H.dispose();
      return loaded;
    };
    await loadedBy(batch);
    expect(await loadedBy(batch)).toBe(0);
    expect(await loadedBy(small)).toBe(1);
  });

  it('count as gradient passes', async () => {
    const H = await hessian(model, batch);
    const block = H.block(H.layers[1]!.name);
    const v = random([H.size]) as tf.Tensor1D;
    productsOf(H, v, MANY);
    expect(H.gradientPasses).toBeCloseTo(2 + MANY, 6);
    const before = H.gradientPasses;
    const w = random([block.size]) as tf.Tensor1D;
    productsOf(block, w, 1);
    const each = H.gradientPasses - before;
    productsOf(block, w, MANY - 1);
    expect(H.gradientPasses).toBeCloseTo(before + MANY * each, 6);
    expect(each).toBeLessThan(1);
    H.dispose();
  });

  it('run kernel by kernel under tf.profile, and can be differentiated on a tape', async () => {
    const H = await hessian(model, batch);
    const v = random([H.size]) as tf.Tensor1D;
    const [product] = productsOf(H, v, MANY);
    const {kernels} = await tf.profile(() => H.matvec(v));
    expect(kernels.map(({name}) => name)).toContain('Multiply');
    const gradient = tf.tidy(() =>
      tf
        .grad(x => tf.sum(tf.mul(H.matvec(x as tf.Tensor1D), x)))(v)
        .dataSync(),
    );
    expect(
      relativeError(
        gradient,
        product!.map(x => 2 * x),
      ),
    ).toBeLessThan(1e-5);
    H.dispose();
  });
});
