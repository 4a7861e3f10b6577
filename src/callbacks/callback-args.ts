import {optional, union} from 'valibot';
import {mustBe} from '../arguments/check.js';
import {
  finiteNumber,
  flag,
  functionOrAsync,
  functionThat,
  isText,
  oneOf,
  that,
  wholeNumber,
} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {batchOf} from '../model/batch.js';
import type {LayerSelection} from '../model/layers/layer-selection.js';
import {layerSelection} from '../model/layers/layer-selection.js';
import type {LayerSlice} from '../operators/linear-operator.js';
import type {BackgroundSamplerArgs} from './background/background-sampler.js';
import type {SampleWorker} from './background/sample-worker.js';
import {startWorkerThread} from './background/worker-thread.js';
import type {CurvatureName} from './sampling/curvatures.js';
import {curvatures} from './sampling/curvatures.js';
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

/** How statistics of gradients are taken. */
export interface GradientsArgs {
  /** The number of parts of the batch whose gradients give the noise scale; as many as samples gives the samples' own. Default: 8. */
  readonly parts?: number;
}

/** Options of `HessianSpectrumCallback`. */
export interface HessianSpectrumCallbackArgs {
  /** When samples are taken; default `everyEpochs(1)`. */
  readonly schedule?: Schedule;
  /** The layers whose blocks are sampled besides the whole network; default `'all'`. */
  readonly layers?: LayerSelection<LayerSlice>;
  /**
   * The data on which the loss is sampled; default `'training'`: the batch of the newest step, by reference. The tensors of
   * another batch stay the property of the caller, also if a function returns them.
   */
  readonly batch?: BatchSource;
  /** Lanczos steps; default 20. */
  readonly steps?: number;
  /** Probes; default 2. */
  readonly probes?: number;
  /**
   * The standard errors of the traces are at most those of n Hutchinson probes, for 2 to n more products: as many as it takes, and
   * all n while an error is above 15 % of its trace. With 0, traces and norms come from the Lanczos probes; default 10.
   */
  readonly traceProbes?: number;
  /** The number of eigenvalues at each end of the spectrum; default 1. */
  readonly k?: number;
  /** Seed of the probes, which differ between samples, and of dropout during a sample; default 0. */
  readonly seed?: number;
  /** The curvature that is sampled; default `'hessian'`. */
  readonly operator?: CurvatureName;
  /** Whether the Hessian includes the layers' own regularizers, as `hessian` does with this option; default false. */
  readonly regularizers?: boolean;
  /**
   * Whether scalars are added to the logs, and so to `History` and other callbacks, as `hessian/…`; default true. A string
   * replaces `hessian`: two callbacks on one model need two names.
   */
  readonly logs?: boolean | string;
  /** The number of rows of the batch that are used, from the first; default: all. */
  readonly subBatch?: number;
  /**
   * Whether each sample also has statistics of the gradient: its length, the size of the newest step, the gradient noise scale
   * (McCandlish et al. 2018) and where the step ended in its quadratic (Schneider, Dangel & Hennig 2021). Costs up to three gradient
   * passes a sample, and the memory of the weights before each step. `{parts}`: the number of parts of the batch that the noise scale
   * comes from; `true` is `{parts: 8}`. Not in the background. Default: false.
   */
  readonly gradients?: boolean | GradientsArgs;
  /**
   * Whether a worker takes the samples from a snapshot while training continues; default false. `true` starts a worker
   * thread of Node. In a browser, or with a custom loss or custom layers, `worker` makes a worker whose script calls
   * `serveSamples(self)`. Samples that are due meanwhile wait, up to `limit`.
   */
  readonly background?: boolean | BackgroundArgs;
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
const BACKGROUND = 'true, false or {worker: () => new Worker(…), whenBusy, limit}';

const backgroundArgs = optionsOf<BackgroundArgs>('background')({
  worker: optional(functionThat<() => SampleWorker>('a function that makes a worker'), () => startWorkerThread),
  whenBusy: optional(oneOf(['queue', 'skip']), 'queue'),
  limit: optional(wholeNumber(), 8),
  startTimeout: optional(wholeNumber(), 30_000),
});

const GRADIENTS = 'true, false or {parts: 8}';
const PARTS = 8;

/** The options with their defaults. */
export const argsOf = optionsOf<HessianSpectrumCallbackArgs>('HessianSpectrumCallback')({
  schedule: optional(functionThat<Schedule>('a schedule such as everyEpochs(1)'), () => everyEpochs(1)),
  layers: optional(layerSelection<LayerSlice>(), 'all'),
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
  steps: optional(wholeNumber(), 20),
  probes: optional(wholeNumber(), 2),
  traceProbes: optional(wholeNumber(0), 10),
  k: optional(wholeNumber(), 1),
  seed: optional(finiteNumber(), 0),
  operator: optional(oneOf(Object.keys(curvatures) as CurvatureName[]), 'hessian'),
  regularizers: optional(flag(), false),
  logs: optional(
    that<boolean | string>(
      value => typeof value === 'boolean' || isText(value),
      'true, false or a prefix for the keys',
    ),
    true,
  ),
  subBatch: optional(wholeNumber()),
  gradients: optional(
    union(
      [
        that<boolean>(value => typeof value === 'boolean', GRADIENTS),
        optionsOf<GradientsArgs>('gradients')({parts: optional(wholeNumber(2), PARTS)}).schema,
      ],
      mustBe(GRADIENTS),
    ),
    false,
  ),
  background: optional(
    union([that<boolean>(value => typeof value === 'boolean', BACKGROUND), backgroundArgs.schema], mustBe(BACKGROUND)),
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
  readonly background: BackgroundSamplerArgs | null;
  /** The prefix of the keys in the logs; `null`: no logs. */
  readonly logs: string | null;
};

/** The number of parts for statistics of gradients; `null`: none are taken. */
export function partsOf(gradients: boolean | GradientsArgs): number | null {
  if (gradients === false) return null;
  return (gradients === true ? undefined : gradients.parts) ?? PARTS;
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws InvalidArgumentError for an invalid option.
 */
export function checkArgs(args: HessianSpectrumCallbackArgs | undefined): CheckedArgs {
  const {logs, subBatch = null, background, gradients, ...rest} = argsOf(args);
  if (rest.regularizers && rest.operator !== 'hessian') {
    throw new InvalidArgumentError(
      `regularizers is true, but operator is '${rest.operator}'; only the Hessian includes them. Leave one of the two out.`,
    );
  }
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
    background: background === false ? null : sampler(background === true ? backgroundArgs({}) : background),
  };
}

function sampler({whenBusy, limit, ...rest}: ReturnType<typeof backgroundArgs>): BackgroundSamplerArgs {
  return {...rest, limit: whenBusy === 'skip' ? 0 : limit};
}
