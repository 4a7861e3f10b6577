import {optional, union} from 'valibot';
import {mustBe} from '../arguments/check.js';
import {flag, functionOrAsync, functionThat, isText, oneOf, that, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {batchOf} from '../model/batch.js';
import {BackgroundSampler} from './background/background-sampler.js';
import {planOf, SampleService} from './background/sample-service.js';
import type {SampleWorker} from './background/sample-worker.js';
import type {SamplerPlan} from './background/sampler.js';
import {startWorkerThread} from './background/worker-thread.js';
import {type MeasurementArgs, measurementArgs, partsOf, requireMeasurable} from './measurement-args.js';
import type {Schedule} from './schedules.js';
import {everyEpochs} from './schedules.js';

/** The data on which the loss is sampled. */
export type BatchSource = 'training' | Batch | (() => Batch | Promise<Batch>);

/** How samples are taken in the background. */
export interface BackgroundArgs {
  /** Starts a worker whose script calls `serveSamples(self)`; default `startWorkerThread`, a worker thread of Node. */
  readonly worker?: () => SampleWorker;
  /**
   * What happens to a sample that is due while the worker takes another one; default `'queue'`: it waits, and samples come in
   * order, the oldest first. `'skip'`: it is not taken, and is counted in the `cost.skipped` of the next one.
   */
  readonly whenBusy?: 'queue' | 'skip';
  /**
   * How many samples may wait, each with a copy of the weights and of the batch; further ones are skipped. Default 8.
   */
  readonly limit?: number;
  /** How long, in milliseconds, a worker may take until it is ready; then its samples fail. Default 30 000. */
  readonly startTimeout?: number;
}

/** Options of `HessianSpectrumCallback`. */
export interface HessianSpectrumCallbackArgs extends MeasurementArgs {
  /** When samples are taken; default `everyEpochs(1)`. */
  readonly schedule?: Schedule;
  /**
   * The data on which the loss is sampled; default `'training'`: the batch of the newest step, by reference. The tensors of
   * another batch stay the property of the caller, also if a function returns them.
   */
  readonly batch?: BatchSource;
  /**
   * Whether scalars are added to the logs, and so to `History` and other callbacks, as `hessian/…`; default true. A string
   * replaces `hessian`: two callbacks on one model need two names.
   */
  readonly logs?: boolean | string;
  /**
   * Whether a worker takes the samples from a snapshot while training continues; default false. `true` starts a worker
   * thread of Node. In a browser, or with a custom loss or custom layers, `worker` makes a worker whose script calls
   * `serveSamples(self)`. Samples that are due meanwhile wait, up to `limit`. `cluster(…)` of `tfjs-hessian/cluster` gives
   * them to workers on any number of machines.
   */
  readonly background?: boolean | BackgroundArgs | SampleService;
  /**
   * Whether schedules, `step` and the seeds of the probes start again with each fit; default false: they continue over all
   * fits of the callback, as in reinforcement or online learning, where a fit is a few steps.
   */
  readonly restart?: boolean;
  /**
   * How often, in milliseconds, training gives the thread to timers, drawing and sockets; default 125, like `fit` without
   * callbacks of class `Callback`.
   */
  readonly yieldEvery?: number | 'never';
}

const BATCH = "'training', {x, y} or a function that gives {x, y}";
const BACKGROUND = 'true, false, {worker: () => new Worker(…), whenBusy, limit} or cluster({connection})';

const backgroundArgs = optionsOf<BackgroundArgs>('background')({
  worker: optional(functionThat<() => SampleWorker>('a function that makes a worker'), () => startWorkerThread),
  whenBusy: optional(oneOf(['queue', 'skip']), 'queue'),
  limit: optional(wholeNumber(), 8),
  startTimeout: optional(wholeNumber(), 30_000),
});

/** The options with their defaults. */
export const argsOf = optionsOf<HessianSpectrumCallbackArgs>('HessianSpectrumCallback')({
  schedule: optional(functionThat<Schedule>('a schedule such as everyEpochs(1)'), () => everyEpochs(1)),
  ...measurementArgs.entries,
  batch: optional(
    union(
      [
        that<'training'>(value => value === 'training', BATCH),
        functionOrAsync<() => Batch | Promise<Batch>>(BATCH),
        batchOf.schema,
      ],
      mustBe(BATCH),
    ),
    'training',
  ),
  logs: optional(
    that<boolean | string>(
      value => typeof value === 'boolean' || isText(value),
      'true, false or a prefix for the keys',
    ),
    true,
  ),
  background: optional(
    union(
      [
        that<boolean>(value => typeof value === 'boolean', BACKGROUND),
        that<SampleService>(value => value instanceof SampleService, BACKGROUND),
        backgroundArgs.schema,
      ],
      mustBe(BACKGROUND),
    ),
    false,
  ),
  restart: optional(flag(), false),
  yieldEvery: optional(
    that<number | 'never'>(
      value => value === 'never' || (Number.isFinite(value) && (value as number) >= 0),
      "'never' or milliseconds, such as 125",
    ),
    125,
  ),
});

export type CheckedArgs = Required<
  Omit<HessianSpectrumCallbackArgs, 'subBatch' | 'logs' | 'background' | 'gradients'>
> & {
  /** The parts of the batch for statistics of gradients; `null`: none are taken. */
  readonly gradientParts: number | null;
  readonly subBatch: number | null;
  /** `null`: on this thread. */
  readonly background: SamplerPlan | null;
  /** The prefix of the keys in the logs; `null`: no logs. */
  readonly logs: string | null;
};

/**
 * Checks the options and fills in the defaults.
 *
 * @throws InvalidArgumentError for an invalid option.
 */
export function checkArgs(args: HessianSpectrumCallbackArgs | undefined): CheckedArgs {
  const {logs, subBatch = null, background, gradients, ...rest} = argsOf(args);
  requireMeasurable(rest);
  if (gradients !== false && background !== false) {
    throw new InvalidArgumentError(
      'gradients and background are both set, but a worker does not see the steps of the training; leave one of them out.',
    );
  }
  const prefix = logs === true ? 'hessian' : logs === false ? null : logs;
  return {
    ...rest,
    logs: prefix,
    subBatch,
    gradientParts: partsOf(gradients),
    background: background === false ? null : planFor(background === true ? backgroundArgs({}) : background),
  };
}

function planFor(background: SampleService | ReturnType<typeof backgroundArgs>): SamplerPlan {
  if (background instanceof SampleService) return planOf(background);
  const {whenBusy, limit, ...rest} = background;
  const args = {...rest, limit: whenBusy === 'skip' ? 0 : limit};
  return {make: () => new BackgroundSampler(args), waitAtEnd: Number.POSITIVE_INFINITY};
}
