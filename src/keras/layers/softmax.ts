import * as tf from '@tensorflow/tfjs-core';
import {KerasLayer, type Keywords, single} from './keras-layer.js';

/** Keras adds this to a masked logit. */
const MASKED = -1e9;

/** The softmax over any axes. */
export class KerasSoftmax extends KerasLayer<{readonly axis: number | number[]}> {
  static readonly className = 'KerasSoftmax';

  override call(inputs: tf.Tensor | tf.Tensor[], {mask}: Keywords): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const logits = mask ? tf.add(x, tf.mul(tf.sub(1, tf.cast(mask as tf.Tensor, 'float32')), MASKED)) : x;
      return tf.exp(tf.sub(logits, tf.logSumExp(logits, this.settings.axis, true)));
    });
  }
}
