import type {GenericSchema} from 'valibot';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {functionThat, listOf, that, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';
import type {HessianSample} from '../streams/hessian-sample.js';

/** A moment of training at which a sample may be taken. */
export interface ScheduleContext {
  readonly event: 'trainBegin' | 'batchEnd' | 'epochEnd' | 'trainEnd';
  /** The current epoch, from 0, counted over all fits of the callback. */
  readonly epoch: number;
  /** The batch that just ended, from 0 within its epoch; `null` at other events. */
  readonly batch: number | null;
  /** Optimizer steps over all fits of the callback. */
  readonly step: number;
  /** The number of this fit, from 0, and the epoch and steps within it. */
  readonly fit: {readonly index: number; readonly epoch: number; readonly step: number};
  /** Duration of all fits of the callback, in milliseconds. */
  readonly elapsed: number;
  /** How long training waited for samples, in milliseconds. */
  readonly sampling: number;
  /** How long the next sample is expected to take, in milliseconds. */
  readonly predicted: number;
  /** The newest sample; `null` before the first. */
  readonly lastSample: HessianSample | null;
}

/**
 * Decides whether a sample is due: a pure function of the moment. A step is sampled at most once.
 *
 * Steps and epochs are counted over all fits of the callback; with `restart: true`, within each fit.
 */
export type Schedule = (context: ScheduleContext) => boolean;

const predicate: GenericSchema<Schedule> = functionThat('a function of the moment, such as everyEpochs(1)');
const moments = listOf(wholeNumber(0), 'a list of whole numbers of at least 0, with at least one', 1);
const shareOfTime = that<number>(
  value => typeof value === 'number' && value > 0 && value < 1,
  'a number between 0 and 1, such as 0.05',
);

/**
 * A schedule: after n, 2n, … epochs.
 *
 * @throws InvalidArgumentError if n is not a whole number of at least 1.
 */
export function everyEpochs(n: number): Schedule {
  check('everyEpochs(n)', wholeNumber(), n);
  return ({event, epoch}) => event === 'epochEnd' && (epoch + 1) % n === 0;
}

/**
 * A schedule: after n, 2n, … optimizer steps.
 *
 * @throws InvalidArgumentError if n is not a whole number of at least 1.
 */
export function everyBatches(n: number): Schedule {
  check('everyBatches(n)', wholeNumber(), n);
  return ({event, step}) => event === 'batchEnd' && step % n === 0;
}

/**
 * A schedule: at the end of these epochs, counted from 0.
 *
 * @throws InvalidArgumentError if `epochs` is not a list of whole numbers.
 */
export function atEpochs(epochs: readonly number[]): Schedule {
  const wanted = new Set(check('atEpochs(epochs)', moments, epochs));
  return ({event, epoch}) => event === 'epochEnd' && wanted.has(epoch);
}

/**
 * A schedule: after these numbers of optimizer steps.
 *
 * @throws InvalidArgumentError if `steps` is not a list of whole numbers.
 */
export function atBatches(steps: readonly number[]): Schedule {
  const wanted = new Set(check('atBatches(steps)', moments, steps));
  return ({event, step}) => event === 'batchEnd' && wanted.has(step);
}

/** Options of `geometric`. */
export interface GeometricArgs {
  /** The first step; default 1. */
  readonly first?: number;
  /** The ratio of each step to the one before; default 2. */
  readonly ratio?: number;
}

const geometricArgs = optionsOf<GeometricArgs>('geometric()')({
  first: optional(wholeNumber(), 1),
  ratio: optional(
    that<number>(value => Number.isFinite(value) && (value as number) > 1, 'a finite number above 1, such as 2'),
    2,
  ),
});

/**
 * A schedule: after steps that grow by a ratio, rounded; by default 1, 2, 4, 8, …
 *
 * @throws InvalidArgumentError for an invalid option.
 */
export function geometric(args?: GeometricArgs): Schedule {
  const {first, ratio} = geometricArgs(args);
  return ({event, step}) => {
    if (event !== 'batchEnd' || step < first) return false;
    const power = Math.round(Math.log(step / first) / Math.log(ratio));
    return [power - 1, power, power + 1].some(n => n >= 0 && Math.round(first * ratio ** n) === step);
  };
}

/**
 * A schedule: when a function of the moment returns true.
 *
 * @throws InvalidArgumentError if `due` is not a synchronous function.
 */
export function when(due: (context: ScheduleContext) => boolean): Schedule {
  return check('when(due)', predicate, due);
}

/**
 * A schedule: when at least one of several schedules is due.
 *
 * @throws InvalidArgumentError without schedules.
 */
export function anyOf(...schedules: readonly Schedule[]): Schedule {
  requireSchedules('anyOf', schedules);
  return context => schedules.some(schedule => schedule(context));
}

/**
 * A schedule: when all of several schedules are due, as in `allOf(everyBatches(10), withinBudget(0.05))`.
 *
 * @throws InvalidArgumentError without schedules.
 */
export function allOf(...schedules: readonly Schedule[]): Schedule {
  requireSchedules('allOf', schedules);
  return context => schedules.every(schedule => schedule(context));
}

/** A schedule: before the first step of all. The callback needs its own `batch`, since there is no training batch yet. */
export function onTrainBegin(): Schedule {
  return ({event, step}) => event === 'trainBegin' && step === 0;
}

/** A schedule: after the last step of each fit. */
export function onTrainEnd(): Schedule {
  return ({event}) => event === 'trainEnd';
}

/**
 * A schedule: as often as a share of the training time, 0 to 1, allows.
 *
 * A sample is taken if it is expected to keep the total within the share. The total exceeds the share by at most one sample,
 * if that one took longer than the one before.
 *
 * @throws InvalidArgumentError if `share` is not between 0 and 1.
 */
export function withinBudget(share: number): Schedule {
  check('withinBudget(share)', shareOfTime, share);
  return ({event, step, elapsed, sampling, predicted}) =>
    // Before the first step there are no durations yet; after the last one there is no time left.
    (event === 'batchEnd' || event === 'epochEnd') && step > 0 && sampling + predicted <= share * (elapsed + predicted);
}

/**
 * Asks a schedule whether a sample is due.
 *
 * @throws InvalidArgumentError if it returns an object or a function: a promise, or a schedule maker such as `everyEpochs`.
 */
export function isDue(schedule: Schedule, context: ScheduleContext): boolean {
  const answer: unknown = schedule(context);
  if (typeof answer !== 'function' && (typeof answer !== 'object' || answer === null)) return Boolean(answer);
  throw new InvalidArgumentError(
    `The schedule returned ${show(answer)}; it must return true or false. Write everyEpochs(1), not everyEpochs; a ` +
      'schedule may not be async.',
  );
}

function requireSchedules(what: string, schedules: readonly Schedule[]): void {
  if (schedules.length === 0) {
    throw new InvalidArgumentError(`${what}() takes at least one schedule, such as everyEpochs(1).`);
  }
  check(`${what}(…)`, listOf(predicate, 'a list of schedules'), schedules);
}
