import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {conjugateGradient} from '../../src/estimators/conjugate-gradient.js';
import {coupling} from '../../src/estimators/coupling.js';
import {gaussNewton} from '../../src/operators/gauss-newton.js';
import {hessian} from '../../src/operators/hessian.js';
import {shifted} from '../../src/operators/shifted.js';
import {engines, useEngine} from '../engines.js';
import {loadReferenceModel, readReference, referenceBatch, relativeError} from '../references.js';

describe.each(engines)('on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(['mlp_tanh', 'cnn_relu_maxpool', 'lstm'])(
    'the coupling of the layers of %s is the float64 one',
    async name => {
      const reference = readReference(name);
      const H = await hessian(await loadReferenceModel(name, reference), referenceBatch(reference));
      const before = tf.memory().numTensors;
      const {layers, norms} = await coupling(H, {probes: 64, seed: 1});
      expect(tf.memory().numTensors).toBe(before);
      for (const [i, row] of norms.entries()) {
        for (const [j, {value, standardError}] of row.entries()) {
          const exact = reference.coupling[layers[i]!]![layers[j]!]!;
          expect(Math.abs(value - exact)).toBeLessThan(5 * standardError! + 1e-5 * exact);
        }
      }
      await expect(coupling(H, {probes: 0})).rejects.toThrow(InvalidArgumentError);
    },
  );

  it('conjugate gradients solve a damped Gauss–Newton system', async () => {
    const reference = readReference('mlp_tanh');
    const G = await gaussNewton(await loadReferenceModel('mlp_tanh', reference), referenceBatch(reference));
    const damped = shifted(G, 0.01);
    const b = G.gradient();
    const before = tf.memory().numTensors;
    const {solution, converged, residual, steps} = await conjugateGradient(damped, b, {tolerance: 1e-4});
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(converged).toBe(true);
    expect(residual).toBeLessThanOrEqual(1e-4);
    expect(steps).toBeLessThan(G.size);
    // What the iteration believes of its residual is true, but for rounding.
    expect(relativeError(damped.matvec(solution).dataSync(), b.dataSync())).toBeLessThan(2e-4);
  });

  it('conjugate gradients say where an operator is not positive definite', async () => {
    const diagonal = tf.tensor1d([2, -1, 3]);
    const op = {size: 3, matvec: (v: tf.Tensor1D) => tf.mul(diagonal, v) as tf.Tensor1D};
    const {indefinite, converged} = await conjugateGradient(op, tf.tensor1d([0, 1, 0]));
    expect([indefinite, converged]).toEqual([true, false]);
    await expect(conjugateGradient(op, tf.ones([4]))).rejects.toThrow(/\[4\].*3/);
  });
});
