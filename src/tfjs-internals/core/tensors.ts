import type {DataType, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {patch} from '../patch.js';
import {engine} from './engine.js';

type TensorConstructor = new (shape: number[], dtype: DataType, dataId: object, id: number) => Tensor;

/**
 * A second reference to a tensor's data, under the same id, so that the tape takes one for the other.
 *
 * It outlives the original: a `tidy` that disposes of the original does not touch it. The caller owns it.
 */
export function holdTensor(tensor: Tensor): Tensor {
  const {backend} = engine();
  backend.incRef(tensor.dataId);
  const held = new (tf.Tensor as unknown as TensorConstructor)(tensor.shape, tensor.dtype, tensor.dataId, tensor.id);
  engine().trackTensor(held, backend);
  return tf.keep(held);
}

/** Hands a kept tensor over to the open scope: the code that opened the scope owns the tensor now. */
export function intoScope(tensor: Tensor): Tensor {
  (tensor as {kept: boolean}).kept = false;
  return engine().track(tensor);
}

/** Runs a function and disposes of every tensor that it made and did not `tf.keep`, whatever it returns. */
export function inScope<T>(body: () => T): T {
  tf.engine().startScope();
  try {
    return body();
  } finally {
    tf.engine().endScope();
  }
}

/** Makes `tensor.data()` wait for a check, and fail if the check does. It lasts as long as the tensor. */
export function readAfter(tensor: Tensor, check: () => Promise<void>): void {
  const {data} = tensor;
  patch(tensor as {data(): Promise<unknown>}, {
    async data() {
      await check();
      return data.call(tensor);
    },
  });
}
