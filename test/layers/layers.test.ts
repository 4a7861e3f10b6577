import type {Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {hessian} from '../../src/operators/hessian.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {engines, useEngine} from '../engines.js';
import {relativeError} from '../references.js';
import {alongLine, expectConsistent, probe} from './identities.js';
import {batchOf, buildSample, layerSamples} from './layer-samples.js';

const SEED = 17;
// Gradients of weights moved so far differ in their second digit; float32 keeps four or five digits of the difference.
const STEP = 1 / 64;
const DIFFERENCES = 1e-3;

/** Adds h v to all trainable weights for the time of a function. */
async function moved<T>(model: LayersModel, v: Tensor1D, h: number, body: () => Promise<T>): Promise<T> {
  const variables = model.trainableWeights.map(weight => weight.read() as tf.Variable);
  const before = variables.map(variable => variable.clone());
  const parts = tf.split(
    v,
    variables.map(({size}) => size),
  );
  variables.forEach((variable, i) => {
    variable.assign(tf.add(variable, tf.mul(tf.reshape(parts[i]!, variable.shape), h)));
  });
  try {
    return await body();
  } finally {
    variables.forEach((variable, i) => {
      variable.assign(before[i]!);
    });
  }
}

describe.each(engines)('the Hessian on %s', engine => {
  beforeAll(() => useEngine(engine));

  describe.each(layerSamples.filter(({engines: some}) => some?.includes(engine) ?? true))('of $name', sample => {
    it('is symmetric, and its blocks are the layers’ own', async () => {
      const H = await hessian(buildSample(sample), batchOf(sample), {seed: SEED});
      expectConsistent(H);
      H.dispose();
    });

    it('is the derivative of the gradient', async () => {
      const [model, batch] = [buildSample(sample), batchOf(sample)];
      const H = await hessian(model, batch, {seed: SEED});
      const v = probe(H.size, 2);
      const gradientAt = (h: number) =>
        moved(model, v, h, async () => {
          const there = await hessian(model, batch, {seed: SEED});
          const gradient = (await there.gradient().data()) as Float32Array;
          there.dispose();
          return gradient;
        });
      expect(relativeError(H.matvec(v).dataSync(), await alongLine(gradientAt, STEP))).toBeLessThan(DIFFERENCES);
      H.dispose();
    });

    it('has a quadratic form whose gradient is its derivative', async () => {
      const [model, batch] = [buildSample(sample), batchOf(sample)];
      const size = model.trainableWeights.reduce((sum, weight) => sum + weight.read().size, 0);
      const [v, u] = [probe(size, 2), probe(size, 4)];
      const formAt = (h: number) =>
        moved(model, u, h, async () =>
          Float32Array.of((await quadraticForm(model, batch, {direction: v, seed: SEED})).value),
        );
      const {gradient} = await quadraticForm(model, batch, {direction: v, seed: SEED});
      const slope = tf.dot(gradient, u).dataSync()[0]!;
      const [expected] = await alongLine(formAt, STEP);
      const scale = tf.norm(gradient).dataSync()[0]! * Math.sqrt(size);
      expect(Math.abs(slope - expected!)).toBeLessThan(DIFFERENCES * scale);
    });
  });
});
