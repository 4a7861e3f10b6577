import type {GenericSchema} from 'valibot';
import {optional, pipe, transform, unknown} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, listOf, numberFrom, orNull, text, that, wholeNumber} from '../arguments/kinds.js';
import {isRecord} from '../arguments/options.js';
import {recordOf} from '../arguments/record.js';
import {InvalidArgumentError} from '../errors.js';
import {blockSchema, gradientSchema, layerSchema, stabilitySchema} from '../metrics/record-schemas.js';
import type {HessianSample, SampleCost} from './hessian-sample.js';

const newestSchema = recordOf<HessianSample>('a sample, {schema: 2, run, step, …}')({
  schema: that<1 | 2>(value => value === 1 || value === 2, '1 or 2'),
  run: text(),
  index: wholeNumber(0),
  epoch: wholeNumber(0),
  batch: orNull(wholeNumber(0)),
  step: wholeNumber(0),
  totalEpoch: optional(wholeNumber(0)),
  fit: optional(wholeNumber(0)),
  fitStep: optional(wholeNumber(0)),
  training: optional(text()),
  time: text(),
  loss: finiteNumber(),
  batchSize: wholeNumber(0),
  learningRate: orNull(finiteNumber()),
  full: blockSchema,
  layers: listOf(layerSchema, "a list of layers' spectra"),
  weightNorms: that<Record<string, number>>(
    value => isRecord(value) && Object.values(value).every(Number.isFinite),
    "an object of finite numbers by the layers' names",
  ),
  stability: orNull(stabilitySchema),
  noStability: optional(text()),
  gradients: optional(gradientSchema),
  cost: recordOf<SampleCost>('what the sample has cost, {gradientPasses, milliseconds, shareOfTraining}')({
    gradientPasses: numberFrom(0),
    milliseconds: numberFrom(0),
    shareOfTraining: numberFrom(0),
    skipped: optional(wholeNumber(0), 0),
  }),
});

/** The schema of a sample. Fields that files of earlier versions do not have get a default or are optional. */
export const sampleSchema = pipe(unknown(), transform(fromSchema1), newestSchema) as GenericSchema<HessianSample>;

/** Samples of schema 1 do not say how near the optimizer was to its edge. */
function fromSchema1(value: unknown): unknown {
  const isEarlier = isRecord(value) && value.schema === 1 && value.stability === undefined;
  return isEarlier ? {...value, stability: null} : value;
}

/** @throws InvalidArgumentError if it is not a sample; the message says what is wrong and where. */
export function assertSample(value: unknown): HessianSample {
  try {
    return check('it', sampleSchema, value);
  } catch (error) {
    throw new InvalidArgumentError(`It is not a sample: ${(error as Error).message}`, {cause: error});
  }
}

/**
 * Parses the JSON of a sample.
 *
 * @throws InvalidArgumentError if it is not a sample of schema 1 or 2; the message says what is wrong and where.
 */
export function parseSample(json: string): HessianSample {
  return assertSample(parseJson(json));
}

/** @throws InvalidArgumentError if it is not JSON, or of a later version. */
export function parseJson(json: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}.`, {cause: error});
  }
  const schema = (value as {schema?: unknown} | null)?.schema;
  if (schema !== 1 && schema !== 2 && typeof schema === 'number') {
    throw new InvalidArgumentError(
      `It has schema ${schema}, and this version of tfjs-hessian reads schemas 1 and 2; update it.`,
    );
  }
  return value;
}
