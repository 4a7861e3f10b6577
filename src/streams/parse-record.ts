import type {GenericSchema} from 'valibot';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, oneOf, orNull, text, that, wholeNumber} from '../arguments/kinds.js';
import {isRecord} from '../arguments/options.js';
import {recordOf} from '../arguments/record.js';
import {InvalidArgumentError} from '../errors.js';
import type {HessianSample} from './hessian-sample.js';
import {assertSample, parseJson} from './parse-sample.js';
import type {FailureNote, LogsNote, PenaltyNote, TrainingNote} from './training-note.js';

const numbersByName = that<Record<string, number | null>>(
  value => isRecord(value) && Object.values(value).every(each => each === null || Number.isFinite(each)),
  'an object of finite numbers or null',
);

const moment = {
  schema: that<2>(value => value === 2, '2'),
  run: text(),
  training: optional(text()),
  step: wholeNumber(0),
  time: text(),
};

const schemas: Readonly<Record<TrainingNote['kind'], GenericSchema<TrainingNote>>> = {
  failure: recordOf<FailureNote>('a failure, {schema: 2, run, kind, step, …}')({
    ...moment,
    kind: oneOf(['failure']),
    epoch: wholeNumber(0),
    batch: orNull(wholeNumber(0)),
    of: oneOf(['sample', 'receiver']),
    name: text(),
    message: that<string>(value => typeof value === 'string', 'a string'),
  }),
  logs: recordOf<LogsNote>('logs of fit, {schema: 2, run, kind, step, …}')({
    ...moment,
    kind: oneOf(['logs']),
    epoch: wholeNumber(0),
    batch: orNull(wholeNumber(0)),
    logs: numbersByName,
    learningRate: orNull(finiteNumber()),
  }),
  penalty: recordOf<PenaltyNote>('a penalty, {schema: 2, run, kind, step, …}')({
    ...moment,
    kind: oneOf(['penalty']),
    total: orNull(finiteNumber()),
    layers: numbersByName,
  }),
};

export function isNote(record: HessianSample | TrainingNote): record is TrainingNote {
  return 'kind' in record;
}

/**
 * Parses a line of a run: a sample, or a note beside the samples.
 *
 * @returns `null` for a note of a kind that a later version writes.
 * @throws InvalidArgumentError if it is neither; the message says what is wrong and where.
 */
export function parseRecord(json: string): HessianSample | TrainingNote | null {
  const value = parseJson(json);
  const kind = isRecord(value) && 'run' in value ? value.kind : undefined;
  if (typeof kind !== 'string') return assertSample(value);
  if (!Object.hasOwn(schemas, kind)) return null;
  try {
    return check('it', schemas[kind as TrainingNote['kind']], value);
  } catch (error) {
    throw new InvalidArgumentError(`It is not a note of the kind "${kind}": ${(error as Error).message}`, {
      cause: error,
    });
  }
}
