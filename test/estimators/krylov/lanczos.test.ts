import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import type {KrylovBasis} from '../../../src/estimators/krylov/krylov-basis.js';
import {lanczos} from '../../../src/estimators/krylov/lanczos.js';
import {Products} from '../../../src/estimators/products/products.js';
import {probeVector} from '../../../src/random.js';
import {diagonalOperator, onCpuWithoutLeaks, SPECTRA, using, withSpectrum} from '../synthetic.js';

onCpuWithoutLeaks();

/** Rounding of float32, in units of ‖A‖, over some tens of steps. */
const ROUNDING = 3e-6;

const starts = (count: number, size: number): Float32Array[] =>
  Array.from({length: count}, (_, i) => probeVector(3, i, size).map(x => x / Math.sqrt(size)));

/** The vectors of each basis, `[p m, n]`. */
function vectors(basis: KrylovBasis): tf.Tensor2D {
  const unit = Array.from({length: basis.length}, (_, i) =>
    Array.from({length: basis.length}, (_, j) => Number(i === j)),
  );
  return basis.combine(Array.from({length: basis.count}, () => unit));
}

describe('lanczos', () => {
  it('holds A Q = Q T + β q eᵀ and Qᵀ Q = I for each start vector, long after Ritz values have converged', async () => {
    const values = SPECTRA.exponential(90);
    await using(withSpectrum(values), async op => {
      const products = new Products(op);
      const {runs, basis} = await lanczos(products, starts(2, 90), 40, 0);
      const [all, next] = [vectors(basis), basis.following()];
      const errors = tf.tidy(() =>
        runs.map(({tridiagonal, residual}, i) => {
          const {diagonal, offDiagonal} = tridiagonal;
          const Q = tf.slice(all, [40 * i, 0], [40, -1]);
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
      tf.dispose([next, all]);
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
      const {runs, basis} = await lanczos(new Products(op), starts(1, 50), 12, 0);
      expect(runs[0]!.tridiagonal.offDiagonal).toContain(0);
      const all = vectors(basis);
      const orthogonality = tf.tidy(
        () => tf.max(tf.abs(tf.sub(tf.matMul(all, all, false, true), tf.eye(12)))).arraySync() as number,
      );
      all.dispose();
      basis.dispose();
      expect(orthogonality).toBeLessThan(ROUNDING);
    });
  });
});
