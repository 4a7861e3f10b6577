import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {Callback} from '@tensorflow/tfjs-layers';
import type {Observable} from 'rxjs';
import {concatMap, ReplaySubject, Subject} from 'rxjs';
import {DisposedError, InvalidArgumentError, TfjsHessianError} from '../errors.js';
import {requireInteger, requireSeed} from '../estimators/arguments.js';
import {layerwiseSpectra} from '../estimators/layerwise-spectra.js';
import type {MetricName} from '../metrics/built-in.js';
import {metricOf} from '../metrics/built-in.js';
import type {Metric} from '../metrics/metric.js';
import type {Batch} from '../model/batch.js';
import type {LayerSelection} from '../model/layer-selection.js';
import {selectLayers} from '../model/layer-selection.js';
import {observeSteps, watchTrainingSteps} from '../model/training-step.js';
import {weightedLayers} from '../model/weighted-layers.js';
import {hessian} from '../operators/hessian.js';
import {deriveSeed} from '../random.js';
import type {HessianSample, SampleFailure} from '../streams/hessian-sample.js';
import type {MetricPoint} from '../streams/metric-points.js';
import {metricPoints} from '../streams/metric-points.js';
import {ShieldedObservable, toError} from '../streams/shielded.js';
import {firstRows} from './first-rows.js';
import type {Schedule, ScheduleContext} from './schedules.js';
import {everyEpochs} from './schedules.js';
import {StepBatchHolder} from './step-batch-holder.js';

type Logs = Record<string, number | tf.Scalar>;

/** Where a callback gets the data from that it takes the loss on. */
export type BatchSource = 'training' | Batch | (() => Batch | Promise<Batch>);

export interface HessianSpectrumCallbackArgs {
  /** When samples are taken; default `everyEpochs(1)`. */
  readonly schedule?: Schedule;
  /** The layers whose blocks are sampled, beside the whole network; default `'all'`. */
  readonly layers?: LayerSelection;
  /** `'training'` (default): the batch that the step has just used. */
  readonly batch?: BatchSource;
  /** Lanczos steps; default 20. */
  readonly steps?: number;
  /** Probes; default 2. */
  readonly probes?: number;
  /** How many eigenvalues at either end; default 1. */
  readonly k?: number;
  /** Seeds the probes, fresh ones in each sample, and what dropout draws in them; default 0. */
  readonly seed?: number;
  /** Whether scalars go into the logs, and so into `History` and other callbacks; default true. */
  readonly logs?: boolean;
  /** Use the batch's first rows only. */
  readonly subBatch?: number;
}

/**
 * Samples the layerwise Hessian spectra of a model while it trains, and streams them.
 *
 * Training is what it would be without: its weights, its optimizer, its moving averages and its random numbers. It waits
 * while a sample is taken. A sample costs `steps × probes` products with the network's Hessian and as many with each
 * layer's block, plus two gradients. List it before callbacks that are plain objects, or tfjs does not tell it the model.
 *
 * @throws InvalidArgumentError for options that break a rule, before training begins.
 * @example
 * const curvature = new HessianSpectrumCallback({schedule: everyEpochs(1), layers: 'all'});
 * curvature.metric$('trace').subscribe(({layer, epoch, value, standardError}) => …);
 * await model.fit(x, y, {epochs: 10, callbacks: [curvature]});
 */
export class HessianSpectrumCallback extends Callback {
  /** Hot; a late subscriber gets the newest sample first; completes on `dispose()`. */
  readonly samples$: Observable<HessianSample>;
  /** Samples that failed, and subscribers that threw; completes on `dispose()`. */
  readonly failures$: Observable<SampleFailure>;
  /** One inner stream a fit, which completes when that fit ends. */
  readonly runs$: Observable<Observable<HessianSample>>;

  private readonly args: Required<Omit<HessianSpectrumCallbackArgs, 'subBatch'>> & {readonly subBatch: number | null};
  private readonly samples = new ReplaySubject<HessianSample>(1);
  private readonly failures = new Subject<SampleFailure>();
  private readonly runs = new ReplaySubject<Observable<HessianSample>>(1);
  private readonly holder = new StepBatchHolder();
  private run: Run | null = null;
  private runCount = 0;
  private disposed = false;

  constructor(args: HessianSpectrumCallbackArgs = {}) {
    super();
    this.args = checkArgs(args);
    const report = (error: Error) => this.fail(error);
    this.samples$ = new ShieldedObservable(this.samples, report);
    this.failures$ = new ShieldedObservable(this.failures, error => console.error(error));
    this.runs$ = new ShieldedObservable(this.runs, report);
    // `fit` makes its training step before it calls any method here.
    watchTrainingSteps();
  }

  /**
   * A metric of each sample: the network's and each layer's, or that of the layers named alone.
   *
   * @throws InvalidArgumentError for a metric that is not known.
   */
  metric$(metric: MetricName | Metric, {layers}: {layers?: LayerSelection} = {}): Observable<MetricPoint> {
    const known = metricOf(metric);
    return this.samples$.pipe(concatMap(sample => metricPoints(sample, known, layers)));
  }

  override async onTrainBegin(_logs?: Logs): Promise<void> {
    if (this.disposed) {
      throw new DisposedError('This HessianSpectrumCallback has been disposed; make a new one for another fit.');
    }
    if (!this.model) {
      throw new InvalidArgumentError(
        'HessianSpectrumCallback was not told its model: list it before callbacks that are plain objects, ' +
          'callbacks: [curvature, {onEpochEnd: …}].',
      );
    }
    this.endRun();
    const model: LayersModel = this.model;
    selectLayers(weightedLayers(model), this.args.layers);
    const stopObserving = this.args.batch === 'training' ? observeSteps(model, this.holder) : () => {};
    const release = whenTrainingStops(model, () => this.endRun());
    this.run = {
      id: `${new Date().toISOString()}-${this.runCount++}`,
      began: performance.now(),
      samples: new ReplaySubject<HessianSample>(1),
      index: 0,
      epoch: 0,
      step: 0,
      sampledStep: -1,
      sampling: 0,
      lastSample: null,
      end: () => {
        stopObserving();
        release();
      },
    };
    this.runs.next(new ShieldedObservable(this.run.samples, error => this.fail(error)));
    await this.sampleIfDue('trainBegin', null);
  }

  override async onEpochBegin(epoch: number, _logs?: Logs): Promise<void> {
    if (this.run !== null) this.run.epoch = epoch;
  }

  override async onBatchEnd(batch: number, logs?: Logs): Promise<void> {
    if (this.run === null) return;
    this.run.step++;
    const sample = await this.sampleIfDue('batchEnd', batch);
    if (sample !== null) this.log(sample, logs);
  }

  override async onEpochEnd(epoch: number, logs?: Logs): Promise<void> {
    if (this.run === null) return;
    this.run.epoch = epoch;
    await this.sampleIfDue('epochEnd', null);
    const {lastSample} = this.run;
    if (lastSample !== null && lastSample.epoch === epoch) this.log(lastSample, logs);
  }

  override async onTrainEnd(_logs?: Logs): Promise<void> {
    await this.sampleIfDue('trainEnd', null);
    this.endRun();
  }

  /** Ends the streams and gives back what is held. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.endRun();
    this.samples.complete();
    this.runs.complete();
    this.failures.complete();
  }

  private async sampleIfDue(event: ScheduleContext['event'], batch: number | null): Promise<HessianSample | null> {
    const {run} = this;
    if (run === null || run.sampledStep === run.step) return null;
    const elapsed = performance.now() - run.began;
    const {epoch, step, sampling, lastSample} = run;
    try {
      const context = {event, epoch, batch, step, elapsed, sampling, lastSample, predicted: this.predict(run, elapsed)};
      if (!this.args.schedule(context)) return null;
      run.sampledStep = step;
      const sample = await this.sample(run, batch);
      if (sample === null || this.run !== run) return null;
      run.lastSample = sample;
      run.index++;
      run.samples.next(sample);
      this.samples.next(sample);
      return sample;
    } catch (error) {
      this.fail(toError(error), batch);
      return null;
    }
  }

  private async sample(run: Run, batchIndex: number | null): Promise<HessianSample | null> {
    const {layers, steps, probes, k, seed, subBatch} = this.args;
    const began = performance.now();
    const given = await this.batch();
    const rows = subBatch === null ? null : firstRows(given, subBatch);
    const batch = rows ?? given;
    const drawn = deriveSeed(seed, run.index);
    try {
      const network = await hessian(this.model, batch, {seed: drawn});
      try {
        const {full, layers: blocks} = await layerwiseSpectra(network, {
          layers,
          steps,
          probes,
          k: Math.min(k, network.size),
          seed: drawn,
        });
        const milliseconds = performance.now() - began;
        run.sampling += milliseconds;
        return {
          schema: 1,
          run: run.id,
          index: run.index,
          epoch: run.epoch,
          batch: batchIndex,
          step: run.step,
          time: new Date().toISOString(),
          loss: network.loss,
          batchSize: sizeOf(batch),
          learningRate: learningRateOf(this.model),
          full,
          layers: blocks,
          cost: {
            gradientPasses: network.gradientPasses,
            milliseconds,
            shareOfTraining: Math.min(1, run.sampling / (performance.now() - run.began)),
          },
        };
      } finally {
        network.dispose();
      }
    } finally {
      if (rows !== null) disposeBatch(rows);
    }
  }

  private async batch(): Promise<Batch> {
    const {batch} = this.args;
    if (batch === 'training') {
      const held = this.holder.batch();
      if (held !== null) return held;
      throw new TfjsHessianError(
        'There is no training batch before the first step; give the callback a batch of its own, {batch: {x, y}}.',
      );
    }
    return typeof batch === 'function' ? batch() : batch;
  }

  /** What the next sample will take: as long as the last one; the first one by its products, at the pace of training's steps. */
  private predict(run: Run, elapsed: number): number {
    if (run.lastSample !== null) return run.lastSample.cost.milliseconds;
    const blocks = selectLayers(weightedLayers(this.model), this.args.layers).length;
    const products = this.args.steps * this.args.probes * (1 + blocks);
    return ((2 + products) * elapsed) / Math.max(1, run.step);
  }

  private log({full, layers}: HessianSample, logs: Logs | undefined): void {
    if (!this.args.logs || logs === undefined) return;
    logs['hessian/trace'] = full.trace.value;
    logs['hessian/top'] = full.largest[0]!.value;
    for (const {name, trace, largest} of layers) {
      logs[`hessian/${name}/trace`] = trace.value;
      logs[`hessian/${name}/top`] = largest[0]!.value;
    }
  }

  private fail(error: Error, batch: number | null = null): void {
    this.failures.next({error, epoch: this.run?.epoch ?? 0, batch, step: this.run?.step ?? 0});
  }

  private endRun(): void {
    const {run} = this;
    this.run = null;
    this.holder.release();
    run?.end();
    run?.samples.complete();
  }
}

/** One `fit`. */
interface Run {
  readonly id: string;
  readonly began: number;
  readonly samples: ReplaySubject<HessianSample>;
  /** Samples taken. */
  index: number;
  epoch: number;
  step: number;
  /** The step of the newest sample, taken or tried: one step is sampled once. */
  sampledStep: number;
  sampling: number;
  lastSample: HessianSample | null;
  readonly end: () => void;
}

/**
 * Calls back when `fit` is over, also by an error, of which callbacks are not told: tfjs-layers then sets `isTraining`
 * to false.
 *
 * @returns what ends the watch.
 */
function whenTrainingStops(model: LayersModel, stopped: () => void): () => void {
  const target = model as unknown as {isTraining: boolean};
  let value = target.isTraining;
  const release = () => {
    Object.defineProperty(target, 'isTraining', {value, writable: true, enumerable: true, configurable: true});
  };
  Object.defineProperty(target, 'isTraining', {
    configurable: true,
    enumerable: true,
    get: () => value,
    set: (now: boolean) => {
      value = now;
      if (!now) stopped();
    },
  });
  return release;
}

function checkArgs(args: HessianSpectrumCallbackArgs): HessianSpectrumCallback['args'] {
  const {
    schedule = everyEpochs(1),
    layers = 'all',
    batch = 'training',
    steps = 20,
    probes = 2,
    k = 1,
    seed = 0,
    logs = true,
    subBatch = null,
  } = args;
  if (typeof schedule !== 'function') {
    throw new InvalidArgumentError(`schedule is ${String(schedule)}; it must be a schedule such as everyEpochs(1).`);
  }
  if (batch !== 'training' && typeof batch !== 'function' && (typeof batch !== 'object' || !('x' in batch))) {
    throw new InvalidArgumentError(
      `batch is ${String(batch)}; it must be 'training', {x, y} or a function that gives {x, y}.`,
    );
  }
  requireInteger('steps', steps);
  requireInteger('probes', probes);
  requireInteger('k', k);
  requireSeed(seed);
  if (subBatch !== null) requireInteger('subBatch', subBatch);
  return {schedule, layers, batch, steps, probes, k, seed, logs, subBatch};
}

function learningRateOf(model: LayersModel): number | null {
  const {learningRate} = model.optimizer as unknown as {learningRate?: unknown};
  return typeof learningRate === 'number' ? learningRate : null;
}

function sizeOf({x}: Batch): number {
  const first = x instanceof tf.Tensor ? x : Object.values(x)[0];
  return (first as Tensor).shape[0]!;
}

function disposeBatch({x, y, sampleWeight}: Batch): void {
  tf.dispose([x, y, sampleWeight ?? []] as tf.TensorContainer);
}
