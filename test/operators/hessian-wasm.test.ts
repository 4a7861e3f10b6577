import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import {hessian} from '../../src/operators/hessian.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, relativeError} from '../references.js';

beforeAll(() => useEngine('wasm'));

// WebAssembly has no backward kernels of convolutions; a clone has data of its own there, unlike on the other engines.
it.each([
  'mlp_tanh',
  'mlp_relu',
  'binary_sigmoid_weighted',
  'batchnorm_training',
  'functional_residual_multi_output',
  'regression_layernorm_swish',
])('WebAssembly multiplies as the float64 Hessian of %s does', async name => {
  const reference = readReference(name);
  const model = await loadReferenceModel(name, reference);
  const before = tf.memory().numTensors;
  const batch = referenceBatch(reference);
  const H = await hessian(model, batch);
  const product = tf.tidy(() => H.matvec(tf.tensor1d(reference.hvp.vector)).dataSync());
  expect(relativeError(product, reference.hvp.product)).toBeLessThan(5e-6);
  H.dispose();
  const {layer, probe, quadraticFormGradient} = reference.penalty!;
  const {gradient} = await quadraticForm(model, batch, {layer, direction: probe});
  expect(relativeError(gradient.dataSync(), quadraticFormGradient)).toBeLessThan(1e-5);
  tf.dispose([gradient, batch.x, batch.y, batch.sampleWeight ?? []] as tf.TensorContainer);
  expect(tf.memory().numTensors).toBe(before);
});
