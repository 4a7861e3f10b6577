import * as tf from '@tensorflow/tfjs-core';
import type {Estimate} from '../../metrics/records.js';
import {deriveSeed} from '../../random.js';
import {extendToSpan} from '../linalg/extend-to-span.js';
import {OrthonormalBasis} from '../linalg/orthonormal-basis.js';
import {onComplement} from '../products/complement.js';
import {probeRows} from '../products/probe-blocks.js';
import {blockRows, type Products} from '../products/products.js';
import {traceOnBasis} from './basis-trace.js';
import {hutchinson, type Stopping} from './hutchinson.js';

/**
 * Hutch++: the trace on the range of a sketch, exactly, and Hutchinson's estimate on its complement:
 *
 *   tr A = tr Qᵀ A Q + tr (I − Q Qᵀ) A (I − Q Qᵀ),   Q = orth(A S)
 *
 * A third of the products goes into each of A S, A Q and the complement; a `tolerance` is then met with more probes of
 * the complement. The error falls like 1 / N rather than 1 / √N for positive semidefinite A. Of A / scale, as
 * `products` are. Memory: 2 N / 3 vectors.
 *
 * Source: Meyer, Musco, Musco & Woodruff (2021), algorithm 1.
 */
export async function hutchPlusPlus(
  products: Products,
  {probes, isEnough, maxProbes}: Stopping,
  seed: number,
): Promise<Estimate> {
  const {size} = products;
  const sketch = Math.floor(probes / 3);
  const basis = new OrthonormalBasis(size);
  try {
    for (let done = 0; done < sketch; ) {
      const count = blockRows(size, sketch - done);
      const s = tf.keep(probeRows(deriveSeed(seed, 'sketch'), done, count, size));
      let image: tf.Tensor2D | null = null;
      try {
        image = tf.keep(await products.multiply(s));
        await extendToSpan(basis, image);
      } finally {
        s.dispose();
        image?.dispose();
      }
      done += count;
    }
    const captured = await traceOnBasis(products, basis);
    const spent = products.count;
    const total = (rest: Estimate): Estimate => ({
      ...rest,
      value: captured.trace + rest.value,
      probes: spent + rest.probes,
    });
    const stopping = {
      probes: Math.max(1, probes - spent),
      isEnough: (rest: Estimate, squaredNorm: number) => isEnough(total(rest), captured.squaredNorm + squaredNorm),
      maxProbes: Math.max(1, maxProbes - spent),
    };
    const multiply = onComplement(products, async rows => basis.without(rows));
    return total(await hutchinson(multiply, size, stopping, seed));
  } finally {
    basis.dispose();
  }
}
