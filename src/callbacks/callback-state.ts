import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {numberFrom, orNull, text, that, wholeNumber} from '../arguments/kinds.js';
import {recordOf} from '../arguments/record.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import {sampleSchema} from '../streams/parse-sample.js';

/** The state of a run, to continue it elsewhere. Plain data that survives JSON. */
export interface CallbackState {
  readonly schema: 1;
  readonly run: string;
  /** Number of samples in the newest fit. */
  readonly index: number;
  /** Epoch within the newest fit. */
  readonly epoch: number;
  /** Optimizer steps over all fits. */
  readonly step: number;
  /**
   * Number of the newest fit, from 0. States of earlier versions, which counted each fit from 0, do not have this field and
   * the next four.
   */
  readonly fit?: number;
  /** Optimizer steps of the newest fit. */
  readonly fitStep?: number;
  /** Epochs that have ended, over all fits. */
  readonly epochs?: number;
  /** Number of samples over all fits. */
  readonly samples?: number;
  /** The first run of the training that the newest fit continues. */
  readonly training?: string;
  /** The step of the newest sample, also if it failed. */
  readonly sampledStep: number;
  /** Duration of all fits in milliseconds. */
  readonly elapsed: number;
  /** How long training waited for samples, in milliseconds. */
  readonly waited: number;
  /** How long training waited for the newest sample, in milliseconds; `null` before the first. */
  readonly lastWait: number | null;
  readonly lastSample: HessianSample | null;
}

const stateSchema = recordOf<CallbackState>('what state() has given, {schema: 1, run, index, step, …}')({
  schema: that<1>(value => value === 1, '1'),
  run: text(),
  index: wholeNumber(0),
  epoch: wholeNumber(0),
  step: wholeNumber(0),
  fit: optional(wholeNumber(0)),
  fitStep: optional(wholeNumber(0)),
  epochs: optional(wholeNumber(0)),
  samples: optional(wholeNumber(0)),
  training: optional(text()),
  sampledStep: wholeNumber(-1),
  elapsed: numberFrom(0),
  waited: numberFrom(0),
  lastWait: orNull(numberFrom(0)),
  lastSample: orNull(sampleSchema),
});

/**
 * Checks a state that is to be restored.
 *
 * @throws InvalidArgumentError if it is not a callback's state.
 */
export function checkState(state: CallbackState): CallbackState {
  return check('The state to restore', stateSchema, state);
}
