import {optional} from 'valibot';
import {check} from '../../arguments/check.js';
import {finiteNumber, flag, isText, listOf, oneOf, orNull, text, that, wholeNumber} from '../../arguments/kinds.js';
import {isRecord} from '../../arguments/options.js';
import {recordOf} from '../../arguments/record.js';
import type {BatchOf, OneOrMany} from '../../model/batch-tensors.js';
import type {PackedTensor} from '../../model/sent/packed-tensors.js';
import {isPackedTensor} from '../../model/sent/packed-tensors.js';
import type {SentModel} from '../../model/sent/sent-model.js';
import type {UnknownClass} from '../../tfjs-internals/layers/unknown-class.js';
import {type CurvatureName, curvatures} from '../sampling/curvatures.js';
import type {MeasureArgs, Measurement} from '../sampling/measure-curvature.js';
import type {Edge} from '../sampling/read-edge.js';

/** A request to a worker: everything that it needs to measure a sample. */
export interface SampleRequest extends SentModel {
  readonly id: number;
  /** The name of the backend, as in `tf.setBackend`. */
  readonly backend: string;
  readonly batch: BatchOf<PackedTensor>;
  readonly args: MeasureArgs;
  /** The edge of stability of the optimizer, which is not sent itself. */
  readonly edge: Edge<PackedTensor>;
}

/** Why a worker has no measurement. */
export interface SampleError {
  readonly name: string;
  readonly message: string;
  /** The class of the model that the worker does not know, if that is the reason. */
  readonly unknown?: UnknownClass;
}

export type SampleAnswer =
  | {readonly id: number; readonly measurement: Measurement}
  | {readonly id: number; readonly error: SampleError};

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
  loss: that<SentModel['loss']>(
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
