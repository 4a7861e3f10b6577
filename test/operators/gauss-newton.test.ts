import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {empiricalFisher} from '../../src/operators/empirical-fisher.js';
import {fisher} from '../../src/operators/fisher.js';
import {gaussNewton} from '../../src/operators/gauss-newton.js';
import {hessian} from '../../src/operators/hessian.js';
import {residualHessian} from '../../src/operators/residual-hessian.js';
import {engines, useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, referenceNames, relativeError} from '../references.js';

const canonical = referenceNames.filter(name => readReference(name).gaussNewton !== undefined);
const perSample = referenceNames.filter(name => readReference(name).empiricalFisher !== undefined);

describe.each(engines)('on %s', engine => {
  beforeAll(() => useEngine(engine));

  describe.each(canonical)('the Gauss–Newton matrix of %s', name => {
    const reference = readReference(name);
    const exact = reference.gaussNewton!;

    it('multiplies a vector as in float64, and leaves no tensor behind', async () => {
      const model = await loadReferenceModel(name, reference);
      const batch = referenceBatch(reference);
      const v = tf.tensor1d(reference.hvp.vector);
      const before = tf.memory().numTensors;
      const G = await gaussNewton(model, batch);
      const product = G.matvec(v);
      const gradient = G.gradient();
      expect(relativeError(product.dataSync(), exact.product)).toBeLessThan(2e-6);
      expect(relativeError(gradient.dataSync(), reference.gradient)).toBeLessThan(1e-5);
      expect(G.loss).toBeCloseTo(reference.loss, 4);
      tf.dispose([product, gradient]);
      G.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });

    it('has blocks with the traces and norms of float64', async () => {
      const model = await loadReferenceModel(name, reference);
      const G = await gaussNewton(model, referenceBatch(reference));
      for (const {name: layer, size} of G.layers) {
        const dense = G.block(layer).matmat(tf.eye(size));
        const {trace, frobenius} = exact.perLayer[layer]!;
        expect(Math.abs(tf.sum(tf.mul(dense, tf.eye(size))).dataSync()[0]! / trace - 1)).toBeLessThan(1e-5);
        expect(Math.abs(tf.norm(dense).dataSync()[0]! / frobenius - 1)).toBeLessThan(1e-5);
      }
      G.dispose();
    });

    it('is the Fisher information, and with the residual the Hessian', async () => {
      const model = await loadReferenceModel(name, reference);
      const batch = referenceBatch(reference);
      const v = tf.tensor1d(reference.hvp.vector);
      const F = await fisher(model, batch);
      expect(relativeError(F.matvec(v).dataSync(), exact.product)).toBeLessThan(1e-5);
      F.dispose();
      const G = await gaussNewton(model, batch);
      const R = await residualHessian(model, batch);
      const sum = tf.add(G.matvec(v), R.matvec(v));
      expect(relativeError(sum.dataSync(), reference.hvp.product)).toBeLessThan(1e-5);
      G.dispose();
      R.dispose();
    });
  });

  it.each(perSample)('the empirical Fisher matrix of %s is that of float64', async name => {
    const reference = readReference(name);
    const model = await loadReferenceModel(name, reference);
    const batch = referenceBatch(reference);
    const before = tf.memory().numTensors;
    const F = await empiricalFisher(model, batch);
    const {product, trace} = reference.empiricalFisher!;
    expect(
      relativeError(
        tf.tidy(() => F.matvec(tf.tensor1d(reference.hvp.vector)).dataSync()),
        product,
      ),
    ).toBeLessThan(1e-5);
    const diagonal = tf.tidy(() => tf.sum(tf.mul(F.matmat(tf.eye(F.size)), tf.eye(F.size))).dataSync()[0]!);
    expect(Math.abs(diagonal / trace - 1)).toBeLessThan(1e-5);
    F.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(['mlp_tanh', 'binary_sigmoid_weighted', 'regression_layernorm_swish'])(
    'the Fisher information of %s from sampled labels comes to the exact one',
    async name => {
      const reference = readReference(name);
      const model = await loadReferenceModel(name, reference);
      const batch = referenceBatch(reference);
      const H = await hessian(model, batch);
      const identity = tf.eye(H.size) as tf.Tensor2D;
      const exact = (await fisher(model, batch)).matmat(identity);
      const sampled = (await fisher(model, batch, {samples: 1000, seed: 1})).matmat(identity);
      // A mean of a thousand independent draws, each about as far off as it is large.
      expect(relativeError(sampled.dataSync(), exact.dataSync())).toBeLessThan(3 / Math.sqrt(1000));
    },
  );
});
