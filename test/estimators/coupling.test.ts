import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {conjugateGradient} from '../../src/estimators/conjugate-gradient.js';
import {coupling} from '../../src/estimators/coupling.js';
import {blockIndices} from '../../src/operators/blocks/selected-block.js';
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

  it('the coupling of the parts of a layer adds up to the float64 norm of the layer', async () => {
    const reference = readReference('mlp_tanh');
    const H = await hessian(await loadReferenceModel('mlp_tanh', reference), referenceBatch(reference));
    for (const {name, weights} of H.layers) {
      const blocks = weights.flatMap(({path, shape}) =>
        Array.from({length: shape.at(-1)!}, (_, unit) => ({weight: path, columns: unit})),
      );
      const before = tf.memory().numTensors;
      const {layers, norms} = await coupling(H, {blocks, probes: 8});
      // The shared block of the layer compiles its products, and keeps that.
      const after = tf.memory().numTensors;
      await coupling(H, {blocks, probes: 8});
      expect(tf.memory().numTensors).toBe(after);
      expect(after).toBeGreaterThanOrEqual(before);
      expect(layers[1]).toBe(`${weights[0]!.path}[:, 1]`);
      const squares = norms.flat().reduce((sum, {value}) => sum + value ** 2, 0);
      expect(norms.flat().every(({standardError}) => standardError === 0)).toBe(true);
      expect(Math.abs(Math.sqrt(squares) - reference.perLayer[name]!.frobenius)).toBeLessThan(
        1e-5 * reference.perLayer[name]!.frobenius,
      );
    }
    H.dispose();
  });

  it('the coupling of blocks that overlap or lie in several layers is the norm of the sub-matrices', async () => {
    const reference = readReference('shared_layer');
    const H = await hessian(await loadReferenceModel('shared_layer', reference), referenceBatch(reference));
    const dense = H.matmat(tf.eye(H.size)).arraySync() as number[][];
    const blocks = [{indices: [0, 30, 7]}, {indices: [7, 50]}, 'embed', {weight: 'head/kernel', rows: [3, 1]}];
    const {norms} = await coupling(H, {blocks, probes: 20});
    for (const [i, a] of blocks.entries()) {
      for (const [j, b] of blocks.entries()) {
        const squares = [...blockIndices(H, a)].flatMap(r => [...blockIndices(H, b)].map(c => dense[r]![c]! ** 2));
        const exact = Math.sqrt(squares.reduce((sum, x) => sum + x, 0));
        const {value, standardError} = norms[i]![j]!;
        expect(standardError).toBe(0);
        // Float32 rounding of the products.
        expect(Math.abs(value - exact)).toBeLessThan(1e-5 * exact + 1e-7);
      }
    }
    const estimated = await coupling(H, {blocks: ['embed', {weight: 'again/kernel'}], probes: 8, seed: 2});
    const exact = reference.coupling.embed!.embed!;
    const {value, standardError} = estimated.norms[0]![0]!;
    expect(Math.abs(value - exact)).toBeLessThan(5 * standardError!);
    await expect(coupling(H, {blocks: []})).rejects.toThrow(/at least one/);
    await expect(coupling(H, {blocks: ['embd']})).rejects.toThrow(/did you mean "embed"/);
    H.dispose();
  });

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
