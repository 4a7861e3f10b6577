import {InvalidArgumentError} from '../errors.js';
import {requireInteger, requireOneOf, requireSeed} from '../estimators/arguments.js';
import type {Batch} from '../model/batch.js';
import type {LayerSelection} from '../model/layer-selection.js';
import type {LayerSlice} from '../operators/linear-operator.js';
import type {SampleWorker} from './background/sample-worker.js';
import type {CurvatureName} from './measure-curvature.js';
import {curvatures} from './measure-curvature.js';
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
   * The traces are to be as sure as so many Hutchinson probes make them at least, for a few more products; default: as the
   * runs' own `probes` make them.
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
   * How often, in milliseconds, training lets timers, drawing and sockets have the thread; default 125, as `fit` does when
   * it has no callbacks of this kind.
   */
  readonly yieldEvery?: number | 'never';
}

export type CheckedArgs = Required<Omit<HessianSpectrumCallbackArgs, 'subBatch' | 'logs' | 'traceProbes'>> & {
  readonly traceProbes: number | null;
  readonly subBatch: number | null;
  /** What the logs' keys begin with; `null`: no logs. */
  readonly logs: string | null;
};

/** @throws InvalidArgumentError */
export function checkArgs(args: HessianSpectrumCallbackArgs): CheckedArgs {
  const {
    schedule = everyEpochs(1),
    layers = 'all',
    batch = 'training',
    steps = 20,
    probes = 2,
    traceProbes = null,
    k = 1,
    seed = 0,
    operator = 'hessian',
    logs = true,
    subBatch = null,
    background = false,
    yieldEvery = 125,
  } = args;
  if (typeof schedule !== 'function') {
    throw new InvalidArgumentError(`schedule is ${String(schedule)}; it must be a schedule such as everyEpochs(1).`);
  }
  if (batch !== 'training' && typeof batch !== 'function' && !isBatch(batch)) {
    throw new InvalidArgumentError(
      `batch is ${String(batch)}; it must be 'training', {x, y} or a function that gives {x, y}.`,
    );
  }
  requireInteger('steps', steps);
  requireInteger('probes', probes);
  if (traceProbes !== null) requireInteger('traceProbes', traceProbes);
  requireInteger('k', k);
  requireSeed(seed);
  requireOneOf('operator', operator, Object.keys(curvatures) as CurvatureName[]);
  if (subBatch !== null) requireInteger('subBatch', subBatch);
  if (typeof background !== 'boolean' && typeof background?.worker !== 'function') {
    throw new InvalidArgumentError(
      `background is ${String(background)}; it must be true, false or {worker: () => new Worker(…)}.`,
    );
  }
  if (yieldEvery !== 'never' && !(yieldEvery >= 0)) {
    throw new InvalidArgumentError(
      `yieldEvery is ${String(yieldEvery)}; it must be 'never' or milliseconds, such as 125.`,
    );
  }
  const prefix = logs === true ? 'hessian' : logs === false ? null : logs;
  return {
    schedule,
    layers,
    batch,
    steps,
    probes,
    traceProbes,
    k,
    seed,
    operator,
    logs: prefix,
    subBatch,
    background,
    yieldEvery,
  };
}

function isBatch(batch: unknown): boolean {
  return typeof batch === 'object' && batch !== null && 'x' in batch && 'y' in batch;
}
