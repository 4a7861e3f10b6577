import * as tf from '@tensorflow/tfjs-core';
import type {OrthonormalBasis} from './orthonormal-basis.js';
import type {Multiply} from './probe-blocks.js';
import type {Products} from './products.js';

/** Products with (I − Q Qᵀ) A (I − Q Qᵀ), where Q is a basis. */
export function onComplement(products: Products, basis: OrthonormalBasis): Multiply {
  const project = (rows: tf.Tensor2D): tf.Tensor2D => tf.tidy(() => basis.remove(rows).rest);
  return async rows => {
    if (basis.length === 0) return products.multiply(rows);
    const outside = tf.keep(project(rows));
    try {
      const image = tf.keep(await products.multiply(outside));
      try {
        return project(image);
      } finally {
        image.dispose();
      }
    } finally {
      outside.dispose();
    }
  };
}
