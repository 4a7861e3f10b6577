import * as tf from '@tensorflow/tfjs-core';
import type {Multiply} from './probe-blocks.js';
import type {Products} from './products.js';

/** Products with P A P, where P takes the part in a space out of rows: `without` returns rows that the caller owns. */
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
