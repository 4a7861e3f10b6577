import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Batch, TensorsByName} from '../../model/batch.js';

/** The first n samples of a batch, or all where it has fewer; the caller owns the tensors. */
export function firstRows({x, y, sampleWeight, training}: Batch, n: number): Batch {
  // In a tidy, so that a part that cannot be sliced leaves nothing of the others behind.
  const parts = tf.tidy(() => ({
    x: slice(x, n),
    y: slice(y, n),
    ...(sampleWeight !== undefined && {sampleWeight: slice(sampleWeight, n)}),
  }));
  return {...parts, ...(training !== undefined && {training})};
}

function slice(tensors: TensorsByName, n: number): TensorsByName {
  if (tensors instanceof tf.Tensor) return rows(tensors, n);
  // An output without sample weights stands as null in their list.
  if (Array.isArray(tensors)) return tensors.map(tensor => tensor && rows(tensor, n));
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, rows(tensor, n)]));
}

function rows(tensor: Tensor, n: number): Tensor {
  return tf.slice(tensor, 0, Math.min(n, tensor.shape[0]!));
}
