import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import {lanczos} from '../../src/estimators/lanczos.js';
import {probeRows} from '../../src/estimators/probe-blocks.js';
import {Products} from '../../src/estimators/products.js';
import {diagonalOperator, onCpuWithoutLeaks, SPECTRA, using, withSpectrum} from './synthetic.js';

onCpuWithoutLeaks();

/** Rounding of float32, in units of ‖A‖, over some tens of steps. */
const ROUNDING = 3e-6;

describe('lanczos', () => {
  it('holds A Q = Q T + β q eᵀ and Qᵀ Q = I for each start vector, long after Ritz values have converged', async () => {
    const values = SPECTRA.exponential(90);
    await using(withSpectrum(values), async op => {
      const products = new Products(op);
      const start = tf.tidy(() => tf.div(probeRows(3, 0, 2, 90), Math.sqrt(90)) as tf.Tensor2D);
      const {runs, basis, next} = await lanczos(products, start, 40, 0);
      const all = basis.toTensor();
      const errors = tf.tidy(() =>
        runs.map(({tridiagonal, residual}, i) => {
          const {diagonal, offDiagonal} = tridiagonal;
          const Q = tf.squeeze(tf.slice(all, [i, 0, 0], [1, -1, -1]), [0]) as tf.Tensor2D;
          const T = tf.buffer([40, 40]);
          diagonal.forEach((alpha, j) => {
            T.set(alpha, j, j);
            if (j + 1 < 40) {
              T.set(offDiagonal[j]!, j, j + 1);
              T.set(offDiagonal[j]!, j + 1, j);
            }
          });
          const tail = tf.mul(
            tf.reshape(tf.oneHot([39], 40), [40, 1]),
            tf.mul(tf.slice(next, [i, 0], [1, -1]), residual),
          );
          const AQ = tf.div(tf.transpose(op.matmat(tf.transpose(Q) as tf.Tensor2D)), products.scale);
          return {
            recurrence: tf
              .max(tf.abs(tf.sub(AQ, tf.add(tf.matMul(T.toTensor() as tf.Tensor2D, Q), tail))))
              .arraySync() as number,
            orthogonality: tf.max(tf.abs(tf.sub(tf.matMul(Q, Q, false, true), tf.eye(40)))).arraySync() as number,
          };
        }),
      );
      for (const tensor of [start, next, all]) tensor.dispose();
      basis.dispose();
      for (const {recurrence, orthogonality} of errors) {
        // of A / scale, and ‖A‖ is 1
        expect(recurrence * products.scale).toBeLessThan(ROUNDING);
        expect(orthogonality).toBeLessThan(ROUNDING);
      }
    });
  });

  it('stays orthonormal where the Krylov space has ended and a random direction goes on', async () => {
    await using(diagonalOperator([4, 4, 4, 1, 1, ...new Array<number>(45).fill(0)]), async op => {
      const start = tf.tidy(() => tf.div(probeRows(3, 0, 1, 50), Math.sqrt(50)) as tf.Tensor2D);
      const {runs, basis, next} = await lanczos(new Products(op), start, 12, 0);
      expect(runs[0]!.tridiagonal.offDiagonal).toContain(0);
      const all = basis.toTensor();
      const orthogonality = tf.tidy(() => {
        const Q = tf.squeeze(all, [0]) as tf.Tensor2D;
        return tf.max(tf.abs(tf.sub(tf.matMul(Q, Q, false, true), tf.eye(12)))).arraySync() as number;
      });
      for (const tensor of [start, next, all]) tensor.dispose();
      basis.dispose();
      expect(orthogonality).toBeLessThan(ROUNDING);
    });
  });
});
