import type {Tensor1D} from '@tensorflow/tfjs-core';
import type {DensityRecord, MatvecOperator} from 'tfjs-hessian';
import {spectralDensity} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {RandomBits} from '../../src/random.js';
import {randomBits, uniform} from '../../src/random.js';

/** The density of a random symmetric matrix (the Gaussian orthogonal ensemble), by the same estimator as for layers. */
export async function goeDensity(
  tf: TensorFlow,
  size: number,
  {steps, probes}: {readonly steps: number; readonly probes: number},
): Promise<DensityRecord> {
  const {operator, dispose} = goe(tf, size, size);
  const {nodes, weights} = await spectralDensity(operator, {steps, probes, seed: size});
  dispose();
  return {nodes, weights};
}

/**
 * A matrix with exactly the eigenvalues of the ensemble, for any size: the symmetric tridiagonal one that they share,
 * with N(0, 1) on the diagonal and χ(n − 1), …, χ(1) over √2 beside it (Dumitriu & Edelman, 2002).
 */
export function goe(tf: TensorFlow, size: number, seed: number): {operator: MatvecOperator; dispose(): void} {
  const bits = randomBits(seed, 0);
  const diagonal = tf.tensor1d(Array.from({length: size}, () => normal(bits)));
  const beside = tf.tensor1d(Array.from({length: size - 1}, (_, i) => Math.sqrt(gamma(bits, (size - 1 - i) / 2))));
  const matvec = (v: Tensor1D) =>
    tf.tidy(() => {
      const above = tf.pad(tf.mul(beside, tf.slice(v, 1)), [[0, 1]]);
      const below = tf.pad(tf.mul(beside, tf.slice(v, 0, size - 1)), [[1, 0]]);
      return tf.addN([tf.mul(diagonal, v), above, below]) as Tensor1D;
    });
  return {operator: {size, matvec}, dispose: () => tf.dispose([diagonal, beside])};
}

function normal(bits: RandomBits): number {
  return Math.sqrt(-2 * Math.log(uniform(bits))) * Math.cos(2 * Math.PI * uniform(bits));
}

/** A gamma variate of this shape, and so half a χ² of twice as many degrees (Marsaglia & Tsang, 2000). */
function gamma(bits: RandomBits, shape: number): number {
  if (shape < 1) return normal(bits) ** 2 / 2; // the shape is ½
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal(bits);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(uniform(bits)) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
