import type {DataType, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {isText} from '../../arguments/kinds.js';
import {isRecord} from '../../arguments/options.js';
import type {Batch} from '../batch.js';
import type {BatchOf} from '../batch-tensors.js';
import {batchTensors, mapBatch} from '../batch-tensors.js';

/** A tensor as a message to another thread. */
export interface PackedTensor {
  readonly shape: number[];
  readonly dtype: DataType;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

export function isPackedTensor(value: unknown): value is PackedTensor {
  if (!isRecord(value)) return false;
  const {shape, dtype, values} = value;
  if (!Array.isArray(shape) || !isText(dtype) || !ArrayBuffer.isView(values)) return false;
  if (!shape.every(length => Number.isSafeInteger(length) && length >= 0)) return false;
  return shape.reduce((size: number, length: number) => size * length, 1) === (values as Float32Array).length;
}

/** Reads a tensor. `postMessage` copies its values. */
export async function pack(tensor: Tensor): Promise<PackedTensor> {
  return {shape: tensor.shape, dtype: tensor.dtype, values: (await tensor.data()) as Float32Array};
}

export async function packBatch(batch: Batch): Promise<BatchOf<PackedTensor>> {
  const tensors = batchTensors(batch);
  const packed = await Promise.all(tensors.map(pack));
  return mapBatch(batch, tensor => packed[tensors.indexOf(tensor)]!);
}

/** Makes a tensor from a message; the caller owns it. */
export function unpack({values, shape, dtype}: PackedTensor): Tensor {
  const isShared = typeof SharedArrayBuffer === 'function' && values.buffer instanceof SharedArrayBuffer;
  // An engine may keep the array.
  return tf.tensor(isShared ? values.slice() : values, shape, dtype);
}
