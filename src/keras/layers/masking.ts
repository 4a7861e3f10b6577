import * as tf from '@tensorflow/tfjs-core';
import {stepMask} from '../step-mask.js';
import {KerasLayer, single} from './keras-layer.js';

/** Sets steps to zero in which all numbers are the mask value. The layer of tfjs-layers has no gradient if weights come before it. */
export class KerasMasking extends KerasLayer<{readonly maskValue?: number}> {
  static readonly className = 'KerasMasking';

  get maskValue(): number {
    return this.settings.maskValue ?? 0;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      return tf.mul(x, tf.cast(tf.expandDims(stepMask(x, this.maskValue), -1), x.dtype));
    });
  }
}
