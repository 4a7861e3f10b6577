import * as tf from '@tensorflow/tfjs-core';
import {similarity, spectralDensity} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import {beforeAll, describe, expect, it} from 'vitest';
import {randomBits, uniform} from '../../src/random.js';
import {goe, goeDensity} from '../../study/analysis/goe.js';
import {useEngine} from '../engines.js';

const size = 300;

describe('random symmetric matrices', () => {
  beforeAll(() => useEngine('cpu'));

  it('have the density of a dense matrix of the ensemble, by the same estimator', async () => {
    const bits = randomBits(7, 0);
    const normal = () => Math.sqrt(-2 * Math.log(uniform(bits))) * Math.cos(2 * Math.PI * uniform(bits));
    const a = tf.tensor2d(Array.from({length: size * size}, normal), [size, size]);
    const dense = tf.tidy(() => tf.add(a, tf.transpose(a))) as tf.Tensor2D;
    const matvec = (v: tf.Tensor1D) =>
      tf.tidy(() => tf.squeeze(tf.matMul(dense, tf.expandDims(v, 1)), [1]) as tf.Tensor1D);
    const expected = await spectralDensity({size, matvec}, {steps: 20, probes: 2});
    const found = await goeDensity(tf as unknown as TensorFlow, size, {steps: 20, probes: 2});
    // Two dense ones of this size are 0.03 to 0.06 apart, since their largest eigenvalues scatter; a Hessian is 0.5 away.
    expect(similarity(found, expected).wasserstein).toBeLessThan(0.07);
    tf.dispose([a, dense]);
  });

  it('have eigenvalues of the variance (n + 1) / 2 of the ensemble with N(0, 1) on its diagonal', async () => {
    const {operator, dispose} = goe(tf as unknown as TensorFlow, size, 3);
    const {nodes, weights} = await spectralDensity(operator, {steps: 20, probes: 8});
    const second = nodes.flatMap((row, i) => row.map((node, j) => weights[i]![j]! * node ** 2));
    const mean = second.reduce((sum, value) => sum + value, 0) / nodes.length;
    // tr A² / n scatters by about 2 / n; its estimate with 8 probes by about 1 / √(8 n).
    expect(mean / ((size + 1) / 2)).toBeGreaterThan(0.9);
    expect(mean / ((size + 1) / 2)).toBeLessThan(1.1);
    dispose();
  });

  it('leave no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await goeDensity(tf as unknown as TensorFlow, 50, {steps: 5, probes: 1});
    expect(tf.memory().numTensors).toBe(before);
  });
});
