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
import {type CurvatureName, curvatures} from '../sampling/curvatures.js';
import type {MeasureArgs, Measurement} from '../sampling/measure-curvature.js';
import type {Edge} from '../sampling/read-edge.js';

/** A tensor as a message to another thread. */
export interface PackedTensor {
  readonly shape: number[];
  readonly dtype: DataType;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** A request to a worker: everything that it needs to measure a sample. */
export interface SampleRequest {
  readonly id: number;
  /** The name of the backend, as in `tf.setBackend`. */
  readonly backend: string;
  /** The JSON of the model, without weights. */
  readonly topology: string;
  /** The loss by name or names; `null` if it is a function, which cannot be sent to another thread. */
  readonly loss: string | string[] | {[outputName: string]: string} | null;
  /** All weights, in an order that does not depend on which of them are trainable. */
  readonly weights: PackedTensor[];
  /** For each weight, whether a training step changes it. */
  readonly moved: readonly boolean[];
  readonly batch: BatchOf<PackedTensor>;
  readonly args: MeasureArgs;
  /** The edge of stability of the optimizer, which is not sent itself. */
  readonly edge: Edge<PackedTensor>;
}

export type SampleAnswer =
  | {readonly id: number; readonly measurement: Measurement}
  | {readonly id: number; readonly error: {readonly name: string; readonly message: string}};

const isPackedTensor = (value: unknown) =>
  isRecord(value) && Array.isArray(value.shape) && isText(value.dtype) && ArrayBuffer.isView(value.values);

function isEdge(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const {reason, optimizer, threshold, scales} = value;
  const isKnown = isText(optimizer) && Number.isFinite(threshold) && (scales === null || isPackedTensor(scales));
  return isText(reason) || isKnown;
}

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
    regularizers: flag(),
    k: wholeNumber(),
    subBatch: orNull(wholeNumber()),
    seed: finiteNumber(),
  }),
  edge: that<Edge<PackedTensor>>(isEdge, "the optimizer's edge of stability"),
});

/**
 * Checks a message that a worker received.
 *
 * @throws InvalidArgumentError if it is not a request.
 */
export function checkRequest(data: unknown): SampleRequest {
  return check('The message', requestSchema, data);
}

/** The id of a request; -1 if the message has none. */
export function idOf(data: unknown): number {
  return isRecord(data) && typeof data.id === 'number' ? data.id : -1;
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
  return tf.tensor(values, shape, dtype);
}
