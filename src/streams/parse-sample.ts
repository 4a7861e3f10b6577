import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, listOf, numberFrom, orNull, text, that, wholeNumber} from '../arguments/kinds.js';
import {isRecord} from '../arguments/options.js';
import {recordOf} from '../arguments/record.js';
import {InvalidArgumentError} from '../errors.js';
import {blockSchema, layerSchema} from '../metrics/record-schemas.js';
import type {HessianSample, SampleCost} from './hessian-sample.js';

/** The schema of a sample. Fields that files of earlier versions do not have have a default or are optional. */
export const sampleSchema = recordOf<HessianSample>('a sample, {schema: 1, run, step, …}')({
  schema: that<1>(value => value === 1, '1'),
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
  cost: recordOf<SampleCost>('what the sample has cost, {gradientPasses, milliseconds, shareOfTraining}')({
    gradientPasses: numberFrom(0),
    milliseconds: numberFrom(0),
    shareOfTraining: numberFrom(0),
    skipped: optional(wholeNumber(0), 0),
  }),
});

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
 * @throws InvalidArgumentError if it is not a sample of schema 1; the message says what is wrong and where.
 */
export function parseSample(json: string): HessianSample {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}.`, {cause: error});
  }
  const schema = (value as {schema?: unknown} | null)?.schema;
  if (schema !== 1 && typeof schema === 'number') {
    throw new InvalidArgumentError(
      `It has schema ${schema}, and this version of tfjs-hessian reads schema 1; update it.`,
    );
  }
  return assertSample(value);
}
