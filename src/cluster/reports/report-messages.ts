import {optional} from 'valibot';
import {check} from '../../arguments/check.js';
import {finiteNumber, flag, isText, listOf, text, that, wholeNumber} from '../../arguments/kinds.js';
import {isRecord} from '../../arguments/options.js';
import {recordOf} from '../../arguments/record.js';
import type {SampleError} from '../../callbacks/background/messages.js';
import type {LayerwiseSpectra} from '../../metrics/records.js';

/** Numbers with their shape. */
export interface ReportArray {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** The rows of data that models are reported on, in the models' order. */
export interface ReportData {
  readonly x: ReportArray[];
  readonly y: ReportArray[];
}

/** How a model is reported, as in the options of `report`. */
export interface ReportWork {
  readonly loss?: string;
  readonly layers: string;
  readonly batchSize: number;
  readonly batches?: number;
  readonly inference?: boolean;
  readonly steps: number;
  readonly probes: number;
  readonly k: number;
  readonly seed: number;
}

/** A request to a worker: a saved model, and what is computed of it. */
export interface ReportRequest {
  readonly report: 1;
  readonly id: number;
  /** The name of the backend, as in `tf.setBackend`. */
  readonly backend: string;
  /** What messages call the model. */
  readonly path: string;
  /** The saved model without the values of its weights, as JSON. */
  readonly topology: string;
  /** The values of the weights, as they are in their files. */
  readonly weights: Uint8Array;
  readonly data: ReportData;
  readonly work: ReportWork;
}

/** A model's spectra on the data. */
export interface Report {
  readonly spectra: LayerwiseSpectra;
  readonly loss: number;
  /** The number of batches. */
  readonly batches: number;
}

export type ReportAnswer =
  | {readonly id: number; readonly report: Report}
  | {readonly id: number; readonly error: SampleError};

const arrays = listOf(
  that<ReportArray>(value => {
    if (!isRecord(value) || !Array.isArray(value.shape) || value.shape.length === 0) return false;
    const {shape, values} = value;
    if (!shape.every(length => Number.isSafeInteger(length) && length >= 0) || !(values instanceof Float32Array))
      return false;
    return shape.reduce((size: number, length: number) => size * length, 1) === values.length;
  }, 'an array, {shape, values}'),
  'a list of arrays',
  1,
);

const work = recordOf<ReportWork>('how the model is reported')({
  loss: optional(text()),
  layers: text(),
  batchSize: wholeNumber(),
  batches: optional(wholeNumber()),
  inference: optional(flag()),
  steps: wholeNumber(),
  probes: wholeNumber(),
  k: wholeNumber(),
  seed: finiteNumber(),
});

const request = recordOf<ReportRequest>('a request for a report')({
  report: that<1>(value => value === 1, '1'),
  id: finiteNumber(),
  backend: text(),
  path: text(),
  topology: text("a model's JSON"),
  weights: that<Uint8Array>(value => value instanceof Uint8Array, 'bytes'),
  data: recordOf<ReportData>('data, {x, y}')({x: arrays, y: arrays}),
  work,
});

/**
 * Checks a message that a worker received.
 *
 * @throws InvalidArgumentError if it is not a request for a report.
 */
export function checkReportRequest(data: unknown): ReportRequest {
  return check('The message', request, data);
}

/** Whether a worker's answer has the form of a report. Its values cannot be checked. */
export function isReport(value: unknown): value is Report {
  if (!isRecord(value) || !isRecord(value.spectra)) return false;
  const {loss, batches, spectra} = value;
  const {full, layers} = spectra as {full?: unknown; layers?: unknown};
  const isNamed = (layer: unknown) => isBlock(layer) && isText((layer as {name?: unknown}).name);
  return (
    [loss, batches].every(each => typeof each === 'number') &&
    isBlock(full) &&
    Array.isArray(layers) &&
    layers.every(isNamed)
  );
}

/** Whether something has the form of a block's spectrum. */
export function isBlock(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const {trace, frobenius, largest, smallest, density} = value;
  return (
    isRecord(trace) && isRecord(frobenius) && Array.isArray(largest) && Array.isArray(smallest) && isRecord(density)
  );
}
