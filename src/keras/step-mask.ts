import * as tf from '@tensorflow/tfjs-core';
import {offTape} from '../tfjs-internals/core/tape.js';

/** The steps of which a number differs from the mask value. A mask has no derivative: its kernels are not recorded. */
export function stepMask(x: tf.Tensor, maskValue: number): tf.Tensor {
  return offTape(() => tf.tidy(() => tf.any(tf.notEqual(x, maskValue), -1)));
}
