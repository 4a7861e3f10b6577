// @module-tag browser
import * as tf from '@tensorflow/tfjs-core';
import {gaussNewton, hessian, quadraticForm} from 'tfjs-hessian';
import {beforeAll, describe, expect, it} from 'vitest';
import {referenceBatch, relativeError} from '../reference-case.js';
import type {BrowserEngine} from './engines.js';
import {engines, useEngine} from './engines.js';
import {loadReferenceModel, readReference, referenceNames} from './references.js';

interface Cases {
  readonly products: readonly string[];
  readonly blocks: readonly string[];
  readonly penalties: readonly string[];
}

const cases: Readonly<Record<BrowserEngine, Cases>> = {
  // Node has run them all.
  cpu: {products: ['mlp_tanh', 'lstm'], blocks: ['cnn_relu_maxpool'], penalties: ['cnn_relu_maxpool']},
  // In software each new shape of each kernel is a program that takes its time to be compiled.
  webgl: {
    products: referenceNames,
    blocks: [
      'bidirectional_lstm_concat',
      'cnn_relu_maxpool',
      'conv3d_overlapping_pools',
      'embedding_conv1d',
      'layernorm_conv',
      'max_pooling_overlapping_same',
      'prelu',
      'shape_layers',
    ],
    penalties: [
      'batchnorm_training',
      'cnn_relu_maxpool',
      'dot_attention',
      'functional_residual_multi_output',
      'layernorm_conv',
      'loss_cosine_proximity',
      'lstm',
      'max_pooling_overlapping_same',
    ],
  },
  webgpu: {
    products: import.meta.env.VITE_ALL_REFERENCES
      ? referenceNames
      : [
          'batchnorm_inference',
          'depthwise_separable',
          'embedding_conv1d',
          'loss_not_canonical',
          'max_pooling_apart',
          'mlp_tanh',
          'multi_output_weighted',
        ],
    blocks: ['mlp_relu'],
    penalties: ['mlp_relu'],
  },
};

// The tolerances are the ones of the other engines: these too compute in float32. WebGPU is read asynchronously alone.
describe.each(engines)('in a browser, on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(cases[engine].products)(
    'the Hessian of %s and its Gauss–Newton matrix multiply as in float64',
    async name => {
      const reference = await readReference(name);
      const model = await loadReferenceModel(name, reference);
      const batch = referenceBatch(reference);
      const v = tf.tensor1d(reference.hvp.vector);
      const before = tf.memory().numTensors;
      const H = await hessian(model, batch);
      expect(Math.abs(H.loss - reference.loss)).toBeLessThan(1e-6 * Math.max(1, Math.abs(reference.loss)));
      expect(relativeError(await valuesOf(H.gradient()), reference.gradient)).toBeLessThan(2e-6);
      expect(relativeError(await valuesOf(H.matvec(v)), reference.hvp.product)).toBeLessThan(1e-6);
      H.dispose();
      if (reference.gaussNewton) {
        const G = await gaussNewton(model, batch);
        expect(relativeError(await valuesOf(G.matvec(v)), reference.gaussNewton.product)).toBeLessThan(2e-6);
        G.dispose();
      }
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it.each(cases[engine].blocks)(
    'the blocks of %s, many products at once, have the traces and norms of float64',
    async name => {
      const reference = await readReference(name);
      const model = await loadReferenceModel(name, reference);
      const H = await hessian(model, referenceBatch(reference));
      for (const {name: layer, size} of H.layers) {
        const dense = await valuesOf(H.block(layer).matmat(tf.eye(size)));
        const {frobenius, trace} = reference.perLayer[layer]!;
        expect(Math.abs(Math.hypot(...dense) - frobenius)).toBeLessThanOrEqual(1e-5 * frobenius);
        const diagonal = Array.from({length: size}, (_, i) => dense[i * (size + 1)]!).reduce((a, b) => a + b, 0);
        expect(Math.abs(diagonal - trace)).toBeLessThanOrEqual(1e-5 * frobenius);
      }
      H.dispose();
    },
  );

  it.each(cases[engine].penalties)('the penalty’s gradient for %s is that of float64', async name => {
    const reference = await readReference(name);
    const {layer, probe, quadraticFormGradient} = reference.penalty!;
    const model = await loadReferenceModel(name, reference);
    const {gradient} = await quadraticForm(model, referenceBatch(reference), {layer, direction: probe});
    expect(relativeError(await valuesOf(gradient), quadraticFormGradient)).toBeLessThan(1e-5);
  });
});

/** Reads a tensor and disposes of it. */
async function valuesOf(tensor: tf.Tensor): Promise<ArrayLike<number> & Iterable<number>> {
  try {
    return (await tensor.data()) as Float32Array;
  } finally {
    tensor.dispose();
  }
}
