import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import {eigenspace, subspaceOverlap} from '../../src/estimators/eigenspace.js';
import {diagonalOperator, distanceTo, onCpuWithoutLeaks, SPECTRA, using, withSpectrum} from './synthetic.js';

onCpuWithoutLeaks();

describe('eigenspace', () => {
  it('finds the eigenvalues of largest magnitude, of both signs, within their residuals', async () => {
    const values = Array.from({length: 80}, (_, i) => 0.6 ** i * (i % 2 === 0 ? 1 : -1));
    await using(withSpectrum(values), async op => {
      const space = await eigenspace(op, {k: 4});
      expect(op.products).toBe(3 * 14);
      expect(space.steps).toBe(42);
      space.values.forEach((value, i) => {
        expect(value).toBeCloseTo(values[i]!, 4);
        expect(distanceTo(values, value)).toBeLessThanOrEqual(space.residuals[i]!);
      });
      space.vectors.dispose();
    });
  });

  it('has residuals that hold if the spectrum is flat and the space is not found', async () => {
    const values = SPECTRA.uniform(80);
    await using(withSpectrum(values), async op => {
      const space = await eigenspace(op, {k: 4, powerIterations: 0});
      space.values.forEach((value, i) => {
        expect(distanceTo(values, value)).toBeLessThanOrEqual(space.residuals[i]!);
      });
      space.vectors.dispose();
    });
  });

  it('has orthonormal vectors, for operators of low rank and for zero too', async () => {
    for (const values of [[4, 2, ...new Array<number>(48).fill(0)], new Array<number>(50).fill(0)]) {
      await using(diagonalOperator(values), async op => {
        const {vectors} = await eigenspace(op, {k: 2});
        const error = tf.tidy(
          () => tf.max(tf.abs(tf.sub(tf.matMul(vectors, vectors, true), tf.eye(2)))).arraySync() as number,
        );
        vectors.dispose();
        expect(error).toBeLessThan(2e-6);
      });
    }
  });
});

describe('subspaceOverlap', () => {
  it('is one for the same space in another basis, zero for orthogonal ones, and counts what is shared', async () => {
    const columns = (...indices: number[]): tf.Tensor2D =>
      tf.tidy(() => tf.cast(tf.transpose(tf.oneHot(tf.tensor1d(indices, 'int32'), 6)), 'float32') as tf.Tensor2D);
    const [a, b, c, rotated] = [
      columns(0, 1),
      columns(2, 3),
      columns(1, 2, 5),
      tf.tidy(() =>
        tf.matMul(
          columns(0, 1),
          tf.tensor2d([
            [0.6, -0.8],
            [0.8, 0.6],
          ]),
        ),
      ) as tf.Tensor2D,
    ];
    expect(await subspaceOverlap(a, rotated)).toBeCloseTo(1, 6);
    expect(await subspaceOverlap(a, b)).toBe(0);
    expect(await subspaceOverlap(a, c)).toBeCloseTo(0.5, 6);
    const shorter = tf.zeros<tf.Rank.R2>([5, 2]) as tf.Tensor2D;
    await expect(subspaceOverlap(a, shorter)).rejects.toThrow('[6, 2] and [5, 2]');
    shorter.dispose();
    for (const tensor of [a, b, c, rotated]) tensor.dispose();
  });
});
