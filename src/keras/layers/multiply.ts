import * as tf from '@tensorflow/tfjs-core';
import type {Shape} from '@tensorflow/tfjs-layers';
import {KerasLayer, type Keywords} from './keras-layer.js';

/** The product of Keras 3, to which a masked step counts as one, and zero where every input is masked. */
export class KerasMultiply extends KerasLayer {
  static readonly className = 'KerasMultiply';

  override call(inputs: tf.Tensor | tf.Tensor[], {mask}: Keywords): tf.Tensor {
    const list = inputs as tf.Tensor[];
    return tf.tidy(() => {
      const masks = list.map((_, i) => (mask as (tf.Tensor | null)[] | null | undefined)?.[i] ?? null);
      const kept = masks.map(each => each && tf.expandDims(tf.cast(each, 'float32'), -1));
      // x where the mask is 1, and 1 where it is 0.
      const factors = list.map((x, i) => (kept[i] ? tf.add(tf.mul(x, kept[i]), tf.sub(1, kept[i])) : x));
      const product = factors.reduce((a, b) => tf.mul(a, b));
      if (!kept.every(each => each !== null)) return product;
      return tf.mul(
        product,
        kept.reduce((a, b) => tf.maximum(a, b)),
      );
    });
  }

  override computeOutputShape(shapes: Shape | Shape[]): Shape {
    return (shapes as Shape[]).reduce((a, b) => a.map((n, i) => (n === 1 ? b[i]! : n)));
  }
}
