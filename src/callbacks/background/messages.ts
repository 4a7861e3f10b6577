import type {DataType, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {check} from '../../arguments/check.js';
import {finiteNumber, flag, isText, listOf, oneOf, orNull, text, that, wholeNumber} from '../../arguments/kinds.js';
import {isRecord} from '../../arguments/options.js';
import {recordOf} from '../../arguments/record.js';
import type {Batch} from '../../model/batch.js';
import type {BatchOf, OneOrMany} from '../../model/batch-tensors.js';
import {batchTensors, mapBatch} from '../../model/batch-tensors.js';
import type {CurvatureName, MeasureArgs, Measurement} from '../sampling/measure-curvature.js';
import {curvatures} from '../sampling/measure-curvature.js';

/** A tensor on its way to another thread. */
export interface PackedTensor {
  readonly shape: number[];
  readonly dtype: DataType;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** All that a sample is made of. */
export interface SampleRequest {
  readonly id: number;
  /** By the name that `tf.setBackend` knows. */
  readonly backend: string;
  /** The model's JSON, without weights. */
  readonly topology: string;
  /** The loss by name, or by names; `null` where it is a function, which no other thread can be given. */
  readonly loss: string | string[] | {[outputName: string]: string} | null;
  /** In an order that does not depend on what is trainable. */
  readonly weights: PackedTensor[];
  /** Which of them a training step moves. */
  readonly moved: readonly boolean[];
  readonly batch: BatchOf<PackedTensor>;
  readonly args: MeasureArgs;
}

export type SampleAnswer =
  | {readonly id: number; readonly measurement: Measurement}
  | {readonly id: number; readonly error: {readonly name: string; readonly message: string}};

const isPackedTensor = (value: unknown) =>
  isRecord(value) && Array.isArray(value.shape) && isText(value.dtype) && ArrayBuffer.isView(value.values);

const packedTensor = that<PackedTensor>(isPackedTensor, 'a tensor, {shape, dtype, values}');

const packed = that<OneOrMany<PackedTensor>>(value => {
  if (isPackedTensor(value)) return true;
  const all = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
  return all.length > 0 && all.every(each => each === null || isPackedTensor(each));
}, 'tensors, {shape, dtype, values}');

const requestSchema = recordOf<SampleRequest>('a request for a sample, as a HessianSpectrumCallback posts it')({
  id: finiteNumber(),
  backend: text(),
  topology: text("a model's JSON"),
  loss: that<SampleRequest['loss']>(
    value => value === null || isText(value) || (typeof value === 'object' && value !== null),
    'a loss by name',
  ),
  weights: listOf(packedTensor, 'a list of tensors'),
  moved: listOf(flag(), 'a list that says of each weight whether a training step moves it'),
  batch: recordOf<BatchOf<PackedTensor>>('a batch, {x, y, sampleWeight, training}')({
    x: packed,
    y: packed,
    sampleWeight: optional(packed),
    training: optional(flag()),
  }),
  args: recordOf<MeasureArgs>('how the sample is taken')({
    operator: oneOf(Object.keys(curvatures) as CurvatureName[]),
    layers: listOf(text(), "a list of layers' names"),
    steps: wholeNumber(),
    probes: wholeNumber(),
    traceProbes: wholeNumber(0),
    k: wholeNumber(),
    subBatch: orNull(wholeNumber()),
    seed: finiteNumber(),
  }),
});

/** @throws InvalidArgumentError for a message that is no request. */
export function checkRequest(data: unknown): SampleRequest {
  return check('The message', requestSchema, data);
}

/** Which request it is, or would be. */
export function idOf(data: unknown): number {
  return isRecord(data) && typeof data.id === 'number' ? data.id : -1;
}

/** Reads a tensor; a copy is posted. */
export async function pack(tensor: Tensor): Promise<PackedTensor> {
  return {shape: tensor.shape, dtype: tensor.dtype, values: (await tensor.data()) as Float32Array};
}

export async function packBatch(batch: Batch): Promise<BatchOf<PackedTensor>> {
  const tensors = batchTensors(batch);
  const packed = await Promise.all(tensors.map(pack));
  return mapBatch(batch, tensor => packed[tensors.indexOf(tensor)]!);
}

/** The caller owns the tensor. */
export function unpack({values, shape, dtype}: PackedTensor): Tensor {
  return tf.tensor(values, shape, dtype);
}
