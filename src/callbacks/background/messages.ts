import type {DataType, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Batch, TensorsByName} from '../../model/batch.js';
import type {MeasureArgs, Measurement} from '../measure-curvature.js';

/** A tensor on its way to another thread. */
export interface PackedTensor {
  readonly shape: number[];
  readonly dtype: DataType;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** Tensors as a batch has them: one, a list (an output without sample weights stands as null), or by name. */
type Packed = PackedTensor | (PackedTensor | null)[] | {[name: string]: PackedTensor};

/** All that a sample is made of. */
export interface SampleRequest {
  readonly id: number;
  /** By the name that `tf.setBackend` knows. */
  readonly backend: string;
  /** The model's JSON, without weights. */
  readonly topology: string;
  /** The loss by name, or by names; `null` where it is a function, which no other thread can be given. */
  readonly loss: string | string[] | {[outputName: string]: string} | null;
  /** In the model's order. */
  readonly weights: PackedTensor[];
  readonly batch: {
    readonly x: Packed;
    readonly y: Packed;
    readonly sampleWeight: Packed | null;
    readonly training: boolean | null;
  };
  readonly args: MeasureArgs;
}

export type SampleAnswer =
  | {readonly id: number; readonly measurement: Measurement}
  | {readonly id: number; readonly error: {readonly name: string; readonly message: string}};

/** Reads a tensor; a copy is posted. */
export async function pack(tensor: Tensor): Promise<PackedTensor> {
  return {shape: tensor.shape, dtype: tensor.dtype, values: (await tensor.data()) as Float32Array};
}

export async function packBatch({x, y, sampleWeight, training}: Batch): Promise<SampleRequest['batch']> {
  const parts = [x, y, sampleWeight].map(part => (part === undefined ? null : packAll(part)));
  const [packedX, packedY, packedWeight] = await Promise.all(parts);
  return {x: packedX!, y: packedY!, sampleWeight: packedWeight ?? null, training: training ?? null};
}

async function packAll(tensors: TensorsByName): Promise<Packed> {
  if (tensors instanceof tf.Tensor) return pack(tensors);
  if (Array.isArray(tensors)) return Promise.all(tensors.map(tensor => tensor && pack(tensor)));
  const entries = Object.entries(tensors).map(async ([name, tensor]) => [name, await pack(tensor)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** The caller owns the tensor. */
export function unpack({values, shape, dtype}: PackedTensor): Tensor {
  return tf.tensor(values, shape, dtype);
}

/** The caller owns the tensors. */
export function unpackBatch({x, y, sampleWeight, training}: SampleRequest['batch']): Batch {
  return {
    x: unpackAll(x),
    y: unpackAll(y),
    ...(sampleWeight !== null && {sampleWeight: unpackAll(sampleWeight)}),
    ...(training !== null && {training}),
  };
}

function unpackAll(packed: Packed): TensorsByName {
  if (Array.isArray(packed)) return packed.map(each => each && unpack(each)) as Tensor[];
  if (isPacked(packed)) return unpack(packed);
  return Object.fromEntries(Object.entries(packed).map(([name, each]) => [name, unpack(each)]));
}

function isPacked(packed: PackedTensor | {[name: string]: PackedTensor}): packed is PackedTensor {
  return ArrayBuffer.isView((packed as PackedTensor).values);
}
