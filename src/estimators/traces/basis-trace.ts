import * as tf from '@tensorflow/tfjs-core';
import type {OrthonormalBasis} from '../linalg/orthonormal-basis.js';
import {readRows} from '../linalg/read-rows.js';
import {blockRows, type Products} from '../products/products.js';

/** tr Qᵀ A Q and ‖A Q‖_F² for an orthonormal basis Q, of A / scale. */
export interface BasisTrace {
  readonly trace: number;
  readonly squaredNorm: number;
}

/** The trace over the vectors of a basis with index `from` or more. Costs one product a vector. */
export async function traceOnBasis(products: Products, basis: OrthonormalBasis, from = 0): Promise<BasisTrace> {
  let trace = 0;
  let squaredNorm = 0;
  for (let done = from; done < basis.length; ) {
    const count = blockRows(basis.size, basis.length - done);
    const first = done;
    const q = tf.tidy(() => tf.keep(tf.slice(basis.toTensor(), [first, 0], [count, -1])));
    let image: tf.Tensor2D | null = null;
    try {
      const product = tf.keep(await products.multiply(q));
      image = product;
      const sums = await readRows(() =>
        tf.concat([tf.sum(tf.mul(q, product), 1, true), tf.sum(tf.mul(product, product), 1, true)], 1),
      );
      for (const [form, square] of sums) {
        trace += form!;
        squaredNorm += square!;
      }
    } finally {
      q.dispose();
      image?.dispose();
    }
    done += count;
  }
  return {trace, squaredNorm};
}
