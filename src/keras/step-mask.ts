import * as tf from '@tensorflow/tfjs-core';
import {offTape} from '../tfjs-internals/core/tape.js';

/** The steps in which at least one number differs from the mask value. Its kernels are not recorded: a mask has no derivative. */
export function stepMask(x: tf.Tensor, maskValue: number): tf.Tensor {
  return offTape(() => tf.tidy(() => tf.any(tf.notEqual(x, maskValue), -1)));
}
