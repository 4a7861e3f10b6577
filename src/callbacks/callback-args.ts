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
import type {Batch} from '../model/batch.js';
import {batchOf} from '../model/batch.js';
import type {LayerSelection} from '../model/layers/layer-selection.js';
import {layerSelection} from '../model/layers/layer-selection.js';
import type {LayerSlice} from '../operators/linear-operator.js';
import type {SampleWorker} from './background/sample-worker.js';
import type {CurvatureName} from './sampling/measure-curvature.js';
import {curvatures} from './sampling/measure-curvature.js';
import type {Schedule} from './schedules.js';
import {everyEpochs} from './schedules.js';

/** Where a callback gets the data from that it takes the loss on. */
export type BatchSource = 'training' | Batch | (() => Batch | Promise<Batch>);

export interface HessianSpectrumCallbackArgs {
  /** When samples are taken; default `everyEpochs(1)`. */
  readonly schedule?: Schedule;
  /** The layers whose blocks are sampled, beside the whole network; default `'all'`. */
  readonly layers?: LayerSelection<LayerSlice>;
  /**
   * `'training'` (default): the batch that the step has just used, by reference. Tensors of a batch of your own stay yours,
   * those that a function gives included.
   */
  readonly batch?: BatchSource;
  /** Lanczos steps; default 20. */
  readonly steps?: number;
  /** Probes; default 2. */
  readonly probes?: number;
  /**
   * The traces' standard errors are at most those of so many Hutchinson probes, for 2 to so many more products; 0: traces and
   * norms come from the runs' own `probes`; default 10.
   */
  readonly traceProbes?: number;
  /** How many eigenvalues at either end; default 1. */
  readonly k?: number;
  /** Seeds the probes, fresh ones in each sample, and what dropout draws in them; default 0. */
  readonly seed?: number;
  /** Which curvature; default `'hessian'`. */
  readonly operator?: CurvatureName;
  /**
   * Whether scalars go into the logs, and so into `History` and other callbacks, as `hessian/…`; default true. A string
   * stands in place of `hessian`: two callbacks on one model need two.
   */
  readonly logs?: boolean | string;
  /** Use the batch's first rows only. */
  readonly subBatch?: number;
  /**
   * Whether a worker takes the samples from a snapshot while training goes on; default false. `true` starts a worker thread
   * of Node; for a browser, or a loss or layers of your own, `worker` makes one whose script calls `serveSamples(self)`.
   */
  readonly background?: boolean | {readonly worker: () => SampleWorker};
  /**
   * Whether schedules, `step` and the probes' seeds begin anew with each fit; default false: they go on over all fits of the
   * callback, as reinforcement and online learning need, where a fit is a few steps.
   */
  readonly restart?: boolean;
  /**
   * How often, in milliseconds, training lets timers, drawing and sockets have the thread; default 125, as `fit` does when
   * it has no callbacks of this kind.
   */
  readonly yieldEvery?: number | 'never';
}

const BATCH = "'training', {x, y} or a function that gives {x, y}";
const BACKGROUND = 'true, false or {worker: () => new Worker(…)}';

const argsOf = optionsOf<HessianSpectrumCallbackArgs>('HessianSpectrumCallback')({
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
  logs: optional(
    that<boolean | string>(
      value => typeof value === 'boolean' || isText(value),
      'true, false or what the keys begin with',
    ),
    true,
  ),
  subBatch: optional(wholeNumber()),
  background: optional(
    union(
      [
        that<boolean>(value => typeof value === 'boolean', BACKGROUND),
        optionsOf<{readonly worker: () => SampleWorker}>('background')({
          worker: functionThat<() => SampleWorker>('a function that makes a worker'),
        }).schema,
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

export type CheckedArgs = Required<Omit<HessianSpectrumCallbackArgs, 'subBatch' | 'logs'>> & {
  readonly subBatch: number | null;
  /** What the logs' keys begin with; `null`: no logs. */
  readonly logs: string | null;
};

/** @throws InvalidArgumentError */
export function checkArgs(args: HessianSpectrumCallbackArgs | undefined): CheckedArgs {
  const {logs, subBatch = null, ...rest} = argsOf(args);
  const prefix = logs === true ? 'hessian' : logs === false ? null : logs;
  return {...rest, logs: prefix, subBatch};
}
