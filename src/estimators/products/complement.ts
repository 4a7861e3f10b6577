import * as tf from '@tensorflow/tfjs-core';
import type {Multiply} from './probe-blocks.js';
import type {Products} from './products.js';

/** Products with P A P, where P projects onto the complement of a space. `without` applies P to rows; the caller owns its result. */
export function onComplement(products: Products, without: Multiply): Multiply {
  return async rows => {
    const outside = tf.keep(await without(rows));
    try {
      const image = tf.keep(await products.multiply(outside));
      try {
        return await without(image);
      } finally {
        image.dispose();
      }
    } finally {
      outside.dispose();
    }
  };
}
