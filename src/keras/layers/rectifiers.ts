import * as tf from '@tensorflow/tfjs-core';
import {KerasLayer, single} from './keras-layer.js';

interface RectifierSettings extends Record<string, unknown> {
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;
}

/** min(x, max_value) for x ≥ threshold, negative_slope · (x − threshold) below. */
export class KerasReLU extends KerasLayer<RectifierSettings> {
  static readonly className = 'KerasReLU';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const {maxValue, negativeSlope, threshold} = this.settings;
    return tf.tidy(() => {
      const x = single(inputs);
      const above = tf.step(tf.sub(x, threshold));
      const capped = maxValue === null ? x : tf.minimum(x, maxValue);
      const kept = tf.mul(capped, above);
      if (negativeSlope === 0) return kept;
      return tf.add(kept, tf.mul(tf.mul(tf.sub(x, threshold), negativeSlope), tf.sub(1, above)));
    });
  }
}

/** x for x > 0, α (eˣ − 1) below. */
export class KerasELU extends KerasLayer<{readonly alpha: number}> {
  static readonly className = 'KerasELU';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const below = tf.neg(tf.relu(tf.neg(x)));
      return tf.add(tf.relu(x), tf.mul(tf.elu(below), this.settings.alpha));
    });
  }
}
