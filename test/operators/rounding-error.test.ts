import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {hessian} from '../../src/operators/hessian.js';
import {roundingError} from '../../src/operators/rounding-error.js';
import {engines, useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, relativeError} from '../references.js';

describe.each(engines)('the rounding error of a product on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(['mlp_tanh', 'cnn_relu_maxpool', 'batchnorm_training'])('of %s is that of float32', async name => {
    const reference = readReference(name);
    const H = await hessian(await loadReferenceModel(name, reference), referenceBatch(reference));
    const v = tf.tensor1d(reference.hvp.vector);
    const before = tf.memory().numTensors;
    const error = await roundingError(H, v);
    expect(tf.memory().numTensors).toBe(before);
    expect(error).toBeGreaterThan(1e-8);
    expect(error).toBeLessThan(3e-6);
    H.dispose();
  });

  // The variance of two samples over batch normalization's ε is how many digits are lost.
  it.each([1, 10, 100, 1000])(
    'grows with the scale of inputs of batch normalization over two samples: × %d',
    async scale => {
      const {model, x, y, exact} = normalizedPair(scale);
      const H = await hessian(model, {x: tf.tensor2d(x), y: tf.tensor2d(y)});
      const block = H.block('dense');
      const v = [0.3, -0.5, 0.2, 0.7, 0.1, -0.4];
      const actual = relativeError(block.matvec(tf.tensor1d(v)).dataSync(), exact(v));
      const estimate = await roundingError(block, tf.tensor1d(v));
      // Where nothing is left of the product, the estimate is around 1, however large the rest is.
      expect(estimate).toBeGreaterThan(Math.min(actual, 1) / 10);
      expect(estimate).toBeLessThan(10 * actual);
      H.dispose();
    },
  );

  it('refuses invalid arguments', async () => {
    const operator = {size: 2, matvec: (v: tf.Tensor1D) => v.clone() as tf.Tensor1D};
    await expect(roundingError(operator, tf.tensor1d([1]))).rejects.toThrow(InvalidArgumentError);
    await expect(roundingError(operator, tf.tensor1d([1, 2]), {probes: 0})).rejects.toThrow('probes is 0');
  });
});

/** 3 → dense (2) → batch normalization → 1, on two samples; and its Hessian in the first layer's weights, in float64. */
function normalizedPair(scale: number) {
  const random = (seed: number) => layers.initializers.randomNormal({stddev: 0.7, seed});
  const model = layers.sequential({
    layers: [
      layers.layers.dense({name: 'dense', units: 2, inputShape: [3], useBias: false, kernelInitializer: random(1)}),
      layers.layers.batchNormalization({}),
      layers.layers.dense({name: 'last', units: 1, useBias: false, kernelInitializer: random(2)}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const x = [[0.5, -1, 0.25], [-0.75, 0.5, 1]].map(row => row.map(entry => entry * scale)); // biome-ignore format: rows
  const y = [[1], [0]]; // biome-ignore format: rows
  const [kernel, , , last] = model.trainableWeights.map(weight => [...weight.read().dataSync()]);
  const exact = (v: number[]) =>
    v.map((_, i) => {
      const w = kernel!.map((entry, j): Dual => [entry, i === j ? 1 : 0, v[j]!, 0]);
      const hidden = x.map(row =>
        [0, 1].map(unit => sum(row.map((entry, k) => times(fixed(entry), w[2 * k + unit]!)))),
      );
      const half = [0, 1].map(unit => times(fixed(0.5), plus(hidden[0]![unit]!, times(fixed(-1), hidden[1]![unit]!))));
      const normalized = half.map(d => times(d, inverseRoot(plus(times(d, d), fixed(1e-3)))));
      const output = sum(normalized.map((d, unit) => times(fixed(last![unit]!), d)));
      const errors = [plus(output, fixed(-y[0]![0]!)), plus(times(fixed(-1), output), fixed(-y[1]![0]!))];
      return times(fixed(0.5), sum(errors.map(error => times(error, error))))[3];
    });
  return {model, x, y, exact};
}

/** a + b ε₁ + c ε₂ + d ε₁ε₂ with ε₁² = ε₂² = 0: d is the mixed second derivative. */
type Dual = [a: number, b: number, c: number, d: number];

const fixed = (a: number): Dual => [a, 0, 0, 0];
const plus = (p: Dual, q: Dual): Dual => p.map((entry, i) => entry + q[i]!) as Dual;
const sum = (terms: Dual[]): Dual => terms.reduce(plus);
const times = ([a, b, c, d]: Dual, [e, f, g, h]: Dual): Dual => [
  a * e,
  a * f + b * e,
  a * g + c * e,
  a * h + b * g + c * f + d * e,
];
const inverseRoot = ([a, b, c, d]: Dual): Dual => {
  const slope = -0.5 * a ** -1.5;
  return [a ** -0.5, slope * b, slope * c, slope * d + 0.75 * a ** -2.5 * b * c];
};
