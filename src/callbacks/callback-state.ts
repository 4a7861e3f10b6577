import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {numberFrom, orNull, text, that, wholeNumber} from '../arguments/kinds.js';
import {recordOf} from '../arguments/record.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import {sampleSchema} from '../streams/parse-sample.js';

/** Where a run stands: what is needed to go on with it elsewhere. Plain data that survives JSON. */
export interface CallbackState {
  readonly schema: 1;
  readonly run: string;
  /** Samples taken in the newest fit. */
  readonly index: number;
  /** The newest fit's own. */
  readonly epoch: number;
  /** Optimizer steps that are done, over all fits. */
  readonly step: number;
  /** What follows is left out of states of earlier versions, which counted each fit anew. The fits so far, but one. */
  readonly fit?: number;
  /** Optimizer steps of the newest fit. */
  readonly fitStep?: number;
  /** Epochs that have ended, over all fits. */
  readonly epochs?: number;
  /** Samples taken, over all fits. */
  readonly samples?: number;
  /** The first run of the training that the newest fit goes on with. */
  readonly training?: string;
  /** The step of the newest sample, taken or tried. */
  readonly sampledStep: number;
  /** Milliseconds. */
  readonly elapsed: number;
  /** Milliseconds of them that training waited for samples. */
  readonly waited: number;
  /** Milliseconds that training waited for the newest sample; `null` before the first. */
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
 * @throws InvalidArgumentError for what is no state.
 */
export function checkState(state: CallbackState): CallbackState {
  return check('The state to restore', stateSchema, state);
}
