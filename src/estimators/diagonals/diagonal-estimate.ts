import type * as tf from '@tensorflow/tfjs-core';

/** An estimated diagonal; the caller owns both tensors. */
export interface DiagonalEstimate {
  /** `[size]`. */
  readonly value: tf.Tensor1D;
  /** `[size]`, one for each entry: 0 where exact, NaN where one probe cannot tell. */
  readonly standardError: tf.Tensor1D;
  readonly probes: number;
}
