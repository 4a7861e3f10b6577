import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {hessian} from '../../src/operators/hessian.js';
import {engines, useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, referenceNames, relativeError} from '../references.js';

describe.each(engines)('the Hessian on %s', engine => {
  beforeAll(() => useEngine(engine));

  describe.each(referenceNames)('of %s', name => {
    const reference = readReference(name);

    it('multiplies a vector as the float64 Hessian does', async () => {
      const model = await loadReferenceModel(name, reference);
      const H = await hessian(model, referenceBatch(reference));
      expect(Math.abs(H.loss - reference.loss)).toBeLessThan(1e-6 * Math.max(1, Math.abs(reference.loss)));
      expect(relativeError(H.gradient().dataSync(), reference.gradient)).toBeLessThan(2e-6);
      const v = tf.tensor1d(reference.hvp.vector);
      expect(relativeError(H.matvec(v).dataSync(), reference.hvp.product)).toBeLessThan(1e-6);
      H.dispose();
    });

    it('multiplies many vectors at once as one by one', async () => {
      const model = await loadReferenceModel(name, reference);
      const H = await hessian(model, referenceBatch(reference));
      const V = tf.randomNormal<tf.Rank.R2>([H.size, 3], 0, 1, 'float32', 1);
      const each = tf.stack(
        tf.unstack(V, 1).map(v => H.matvec(v as tf.Tensor1D)),
        1,
      );
      expect(relativeError(H.matmat(V).dataSync(), each.dataSync())).toBeLessThan(1e-6);
      for (const {name: layer, size} of H.layers) {
        const block = H.block(layer);
        const W = tf.slice(V, [0, 0], [size, 3]);
        const eachOfBlock = tf.stack(
          tf.unstack(W, 1).map(v => block.matvec(v as tf.Tensor1D)),
          1,
        );
        expect(relativeError(block.matmat(W).dataSync(), eachOfBlock.dataSync())).toBeLessThan(1e-6);
      }
      H.dispose();
    });

    it('has blocks whose traces and norms are the float64 ones', async () => {
      const model = await loadReferenceModel(name, reference);
      const H = await hessian(model, referenceBatch(reference));
      for (const {name: layer, size} of H.layers) {
        const dense = H.block(layer).matmat(tf.eye(size));
        const {frobenius, trace} = reference.perLayer[layer]!;
        // Some blocks are exactly zero: that of a linear output under a loss made of straight pieces.
        expect(Math.abs(tf.norm(dense).dataSync()[0]! - frobenius)).toBeLessThanOrEqual(1e-5 * frobenius);
        const diagonal = tf.sum(tf.mul(dense, tf.eye(size))).dataSync()[0]!;
        expect(Math.abs(diagonal - trace)).toBeLessThanOrEqual(1e-5 * frobenius);
        expect(relativeError(tf.transpose(dense).dataSync(), dense.dataSync())).toBeLessThan(1e-5);
      }
      H.dispose();
    });

    it('leaves no tensors and does not change the weights', async () => {
      const model = await loadReferenceModel(name, reference);
      const batch = referenceBatch(reference);
      const weights = model.getWeights().map(w => w.dataSync().slice());
      const v = tf.tensor1d(reference.hvp.vector);
      const before = tf.memory().numTensors;
      const H = await hessian(model, batch);
      H.matvec(v).dispose();
      for (const layer of H.layers) {
        tf.tidy(() => void H.block(layer.name).matmat(tf.ones([layer.size, 2])));
      }
      H.gradient().dispose();
      H.dispose();
      expect(tf.memory().numTensors).toBe(before);
      expect(model.getWeights().map(w => w.dataSync())).toEqual(weights);
    });
  });
});

it('multiplies many vectors at once as one by one for a network with large activations', async () => {
  await useEngine('native');
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 256, inputShape: [8], activation: 'tanh', name: 'wide'}),
      tfl.layers.dense({units: 2, name: 'last'}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const x = tf.randomNormal([512, 8], 0, 1, 'float32', 1);
  const y = tf.randomNormal([512, 2], 0, 1, 'float32', 2);
  const H = await hessian(model, {x, y});
  for (const op of [H, H.block('last')]) {
    const V = tf.randomNormal<tf.Rank.R2>([op.size, 3], 0, 1, 'float32', 3);
    const before = tf.memory().numTensors;
    const product = op.matmat(V);
    expect(tf.memory().numTensors).toBe(before + 1);
    const each = tf.stack(
      tf.unstack(V, 1).map(v => op.matvec(v as tf.Tensor1D)),
      1,
    );
    expect(relativeError(product.dataSync(), each.dataSync())).toBeLessThan(1e-6);
  }
  H.dispose();
});
