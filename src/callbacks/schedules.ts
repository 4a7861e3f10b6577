import type {GenericSchema} from 'valibot';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {functionThat, listOf, that, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';
import type {HessianSample} from '../streams/hessian-sample.js';

/** A moment of a training at which a sample may be taken. */
export interface ScheduleContext {
  readonly event: 'trainBegin' | 'batchEnd' | 'epochEnd' | 'trainEnd';
  /** The running epoch, from 0, counted over all fits of the callback. */
  readonly epoch: number;
  /** The batch that has just ended, from 0 within its epoch; `null` at other events. */
  readonly batch: number | null;
  /** Optimizer steps that are done, over all fits of the callback. */
  readonly step: number;
  /** Which of the callback's fits it is, from 0, and the epoch and the steps of this fit alone. */
  readonly fit: {readonly index: number; readonly epoch: number; readonly step: number};
  /** Milliseconds that the callback's fits have taken. */
  readonly elapsed: number;
  /** Milliseconds of them that training waited for samples. */
  readonly sampling: number;
  /** Milliseconds that the next sample is expected to make it wait. */
  readonly predicted: number;
  /** The newest sample. */
  readonly lastSample: HessianSample | null;
}

/**
 * Says whether a sample is due: a pure function of the moment. A step is sampled once, whoever asks for it.
 *
 * Steps and epochs are those that the callback has seen, over all its fits; with `restart: true`, those of each fit.
 */
export type Schedule = (context: ScheduleContext) => boolean;

const predicate: GenericSchema<Schedule> = functionThat('a function of the moment, such as everyEpochs(1)');
const moments = listOf(wholeNumber(0), 'a list of whole numbers of at least 0, with at least one', 1);
const shareOfTime = that<number>(
  value => typeof value === 'number' && value > 0 && value < 1,
  'a number between 0 and 1, such as 0.05',
);

/** After n, 2n, … epochs. */
export function everyEpochs(n: number): Schedule {
  check('everyEpochs(n)', wholeNumber(), n);
  return ({event, epoch}) => event === 'epochEnd' && (epoch + 1) % n === 0;
}

/** After n, 2n, … optimizer steps. */
export function everyBatches(n: number): Schedule {
  check('everyBatches(n)', wholeNumber(), n);
  return ({event, step}) => event === 'batchEnd' && step % n === 0;
}

/** At the end of these epochs, which count from 0. */
export function atEpochs(epochs: readonly number[]): Schedule {
  const wanted = new Set(check('atEpochs(epochs)', moments, epochs));
  return ({event, epoch}) => event === 'epochEnd' && wanted.has(epoch);
}

/** After these numbers of optimizer steps. */
export function atBatches(steps: readonly number[]): Schedule {
  const wanted = new Set(check('atBatches(steps)', moments, steps));
  return ({event, step}) => event === 'batchEnd' && wanted.has(step);
}

export interface GeometricArgs {
  /** The first step; default 1. */
  readonly first?: number;
  /** By what each step is larger than the one before; default 2. */
  readonly ratio?: number;
}

const geometricArgs = optionsOf<GeometricArgs>('geometric()')({
  first: optional(wholeNumber(), 1),
  ratio: optional(
    that<number>(value => Number.isFinite(value) && (value as number) > 1, 'a finite number above 1, such as 2'),
    2,
  ),
});

/** After steps that grow by a ratio, rounded: 1, 2, 4, 8, … by default. */
export function geometric(args?: GeometricArgs): Schedule {
  const {first, ratio} = geometricArgs(args);
  return ({event, step}) => {
    if (event !== 'batchEnd' || step < first) return false;
    const power = Math.round(Math.log(step / first) / Math.log(ratio));
    return [power - 1, power, power + 1].some(n => n >= 0 && Math.round(first * ratio ** n) === step);
  };
}

/** Whenever a function of the moment says so. */
export function when(due: (context: ScheduleContext) => boolean): Schedule {
  return check('when(due)', predicate, due);
}

/** Whenever one of several schedules says so. */
export function anyOf(...schedules: readonly Schedule[]): Schedule {
  requireSchedules('anyOf', schedules);
  return context => schedules.some(schedule => schedule(context));
}

/** When each of several schedules says so: `allOf(everyBatches(10), withinBudget(0.05))`. */
export function allOf(...schedules: readonly Schedule[]): Schedule {
  requireSchedules('allOf', schedules);
  return context => schedules.every(schedule => schedule(context));
}

/** Before the first step of all, if the callback has a batch of its own; the training's is not there yet. */
export function onTrainBegin(): Schedule {
  return ({event, step}) => event === 'trainBegin' && step === 0;
}

/** After the last step of each fit. */
export function onTrainEnd(): Schedule {
  return ({event}) => event === 'trainEnd';
}

/**
 * As often as a share of the run's time, 0 to 1, allows: a sample is taken when it is expected to stay within it. What
 * samples take in all exceeds the share by one sample at most, where that took longer than the one before.
 */
export function withinBudget(share: number): Schedule {
  check('withinBudget(share)', shareOfTime, share);
  return ({event, step, elapsed, sampling, predicted}) =>
    // Before the first step nobody knows how long anything takes; after the last one the time is over.
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
    `The schedule returned ${show(answer)}; it must return true or false: a schedule is everyEpochs(1), not everyEpochs, and ` +
      'does not wait.',
  );
}

function requireSchedules(what: string, schedules: readonly Schedule[]): void {
  if (schedules.length === 0) {
    throw new InvalidArgumentError(`${what}() takes schedules, at least one, such as everyEpochs(1).`);
  }
  check(`${what}(…)`, listOf(predicate, 'a list of schedules'), schedules);
}
