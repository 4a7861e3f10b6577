import * as tf from '@tensorflow/tfjs-core';
import {Matrix, solve} from 'ml-matrix';
import {deriveSeed} from '../../random.js';
import {extendToSpan} from '../linalg/extend-to-span.js';
import {OrthonormalBasis} from '../linalg/orthonormal-basis.js';
import {readRows} from '../linalg/read-rows.js';
import {probeRows} from '../products/probe-blocks.js';
import type {Products} from '../products/products.js';
import {traceOnBasis} from './basis-trace.js';

/**
 * The trace, exactly, from N probes V `[N, n]` that are independent, their products A V, and n − N products more:
 *
 *   tr A = tr (V Vᵀ)⁻¹ V A Vᵀ + Σ qᵀ A q   for the q that complete the span of V to an orthonormal basis.
 *
 * Of A / scale, as `products` are.
 */
export async function exactTrace(
  products: Products,
  v: tf.Tensor2D,
  image: tf.Tensor2D,
  seed: number,
): Promise<number> {
  const [count, size] = v.shape;
  const dot = (a: tf.Tensor2D, b: tf.Tensor2D): Promise<number[][]> => readRows(() => tf.matMul(a, b, false, true));
  const known = solve(new Matrix(await dot(v, v)), new Matrix(await dot(v, image))).trace();
  const basis = new OrthonormalBasis(size);
  try {
    await extendToSpan(basis, v);
    // Random rows are independent, but for chance: one more for each that is not.
    for (let drawn = 0; basis.length < size; drawn++) {
      const row = probeRows(deriveSeed(seed, 'complement'), drawn, 1, size, 'gaussian');
      try {
        await extendToSpan(basis, row);
      } finally {
        row.dispose();
      }
    }
    return known + (await traceOnBasis(products, basis, count)).trace;
  } finally {
    basis.dispose();
  }
}
