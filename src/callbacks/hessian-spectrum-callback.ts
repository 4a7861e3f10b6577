import type {LayersModel} from '@tensorflow/tfjs-layers';
import {Callback, CustomCallback} from '@tensorflow/tfjs-layers';
import type {Observable} from 'rxjs';
import {concatMap, ReplaySubject, Subject} from 'rxjs';
import {optional} from 'valibot';
import {orNull, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {DisposedError, InvalidArgumentError} from '../errors.js';
import type {MetricName} from '../metrics/built-in.js';
import {metricOf} from '../metrics/built-in.js';
import type {Metric} from '../metrics/metric.js';
import {lastingModel} from '../model/lasting-model.js';
import type {LayerSelection} from '../model/layer-selection.js';
import {isList, layerSelection, selectLayers, withinCount} from '../model/layer-selection.js';
import {trainingModel} from '../model/layers-internals.js';
import {anotherCopy, requireOwnModel} from '../model/model-argument.js';
import {observeSteps, watchTrainingSteps} from '../model/training-step.js';
import {frozenLayers, weightedLayers} from '../model/weighted-layers.js';
import {sliceLayers} from '../operators/blocks/network-operator.js';
import {FailureStream} from '../streams/failure-stream.js';
import type {HessianSample, SampleFailure} from '../streams/hessian-sample.js';
import type {MetricPoint} from '../streams/metric-points.js';
import {metricPoints} from '../streams/metric-points.js';
import {ShieldedObservable, toError} from '../streams/shielded.js';
import type {CheckedArgs, HessianSpectrumCallbackArgs} from './callback-args.js';
import {checkArgs} from './callback-args.js';
import {refusePlainBeside} from './plain-callbacks.js';
import type {Logs} from './sample-logs.js';
import {logSample} from './sample-logs.js';
import {SampleTaker} from './sampling/sample-taker.js';
import {StepBatchHolder} from './sampling/step-batch-holder.js';
import type {ScheduleContext} from './schedules.js';
import {whenTrainingEnds} from './training-end.js';
import type {CallbackState} from './training-run.js';
import {checkState, TrainingRun} from './training-run.js';
import {Yielding} from './yielding.js';

/** What a sample that is taken by hand belongs to. */
export interface SampleArgs {
  /** Default: the epoch that is known, 0 where none is. */
  readonly epoch?: number;
  /** The batch within the epoch; default `null`. */
  readonly batch?: number | null;
}

const sampleArgs = optionsOf<SampleArgs>('sample()')({
  epoch: optional(wholeNumber(0)),
  batch: optional(orNull(wholeNumber(0)), null),
});

const metricArgs = optionsOf<{layers?: LayerSelection}>('metric$()')({layers: optional(layerSelection())});

/**
 * Samples the layerwise Hessian spectra of a model while it trains, and streams them.
 *
 * Training is what it would be without: its weights, its optimizer, its moving averages and its random numbers. It waits
 * while a sample is taken, or with `background: true` while a snapshot is. A sample costs `steps × probes` products with
 * the network's Hessian and as many with each layer's block, plus two gradients; between samples it holds references to the
 * newest batch.
 *
 * One callback is on one model at a time, and serves any number of fits: schedules count steps and epochs over all of them, or
 * each fit's own with `restart: true`. tfjs-layers takes a list of callbacks all of
 * class `Callback`, or all plain objects: a plain one beside this one is `new tf.CustomCallback({onEpochEnd: …})`.
 *
 * @throws InvalidArgumentError for options that break a rule, before training begins.
 * @example
 * const curvature = new HessianSpectrumCallback({schedule: everyEpochs(1), layers: 'all'});
 * curvature.metric$('trace').subscribe(({layer, epoch, value, standardError}) => …);
 * await model.fit(x, y, {epochs: 10, callbacks: [curvature]});
 */
export class HessianSpectrumCallback extends Callback {
  /**
   * Hot; a late subscriber gets the newest sample first; completes on `dispose()`. Nothing but the newest is kept, and a
   * sample is handed to each subscriber at once: none waits for another.
   */
  readonly samples$: Observable<HessianSample>;
  /**
   * Samples that failed, and subscribers that threw; completes on `dispose()`. What nobody listens for is printed, the
   * first of a run alone. Sinks add theirs: `ndjson(path, {failures$})`.
   */
  readonly failures$: FailureStream;
  /** One inner stream a fit, which completes when that fit ends. */
  readonly runs$: Observable<Observable<HessianSample>>;

  private readonly args: CheckedArgs;
  private readonly samples = new ReplaySubject<HessianSample>(1);
  private readonly failures = new Subject<SampleFailure>();
  private readonly runs = new ReplaySubject<Observable<HessianSample>>(1);
  private readonly holder = new StepBatchHolder();
  private readonly taker: SampleTaker;
  private readonly yielding: Yielding;
  private run: TrainingRun | null = null;
  /** The newest run's state, once it is over, and its model. */
  private finished: {readonly state: CallbackState; readonly model: WeakRef<LayersModel>} | null = null;
  /** The training of which the first failure has been printed. */
  private complainedOf: string | null = null;
  /** The layers that were frozen at the newest sample. */
  private frozen: readonly string[] = [];
  /** What the next run goes on with. */
  private restored: CallbackState | null = null;
  private disposed = false;

  constructor(args?: HessianSpectrumCallbackArgs) {
    super();
    this.args = checkArgs(args);
    this.yielding = new Yielding(this.args.yieldEvery);
    this.taker = new SampleTaker({
      args: this.args,
      layersOf: model => this.layersOf(model),
      trainingBatch: () => this.holder.batch(),
      onSample: sample => this.samples.next(sample),
      onFailure: ({error, batch, ...moment}) => this.fail(error, batch, moment),
    });
    const report = (error: Error) => this.fail(error);
    this.samples$ = new ShieldedObservable(this.samples, report);
    this.failures$ = new FailureStream(
      this.failures,
      error => console.error(error),
      ({error, batch, ...moment}) => this.fail(error, batch, moment),
    );
    this.runs$ = new ShieldedObservable(this.runs, report);
    // `fit` makes its training step before it calls any method here.
    watchTrainingSteps();
    refusePlainBeside(HessianSpectrumCallback);
  }

  /**
   * A metric of each sample: the network's and each layer's, or that of the layers named alone.
   *
   * @throws InvalidArgumentError for a metric that is not known.
   */
  metric$(metric: MetricName | Metric, args?: {layers?: LayerSelection}): Observable<MetricPoint> {
    const known = metricOf(metric);
    const {layers} = metricArgs(args);
    return this.samples$.pipe(concatMap(sample => metricPoints(sample, known, layers, this.frozen)));
  }

  /**
   * Follows a model's `trainOnBatch` steps from now on, for samples by hand. A `fit` with this callback ends that.
   *
   * @throws InvalidArgumentError for a model that is not compiled, while the callback is on another one, for an unknown layer.
   * @example
   * curvature.bind(model);
   * for (const [i, {x, y}] of batches.entries()) {
   *   await model.trainOnBatch(x, y);
   *   if (i % 100 === 99) await curvature.sample();
   * }
   * curvature.unbind();
   */
  bind(model: LayersModel): void {
    this.assertNotDisposed();
    requireOwnModel(model);
    if (!trainingModel(model).optimizer_) {
      throw new InvalidArgumentError(
        `Model "${model.name}" is not compiled, so it does not train; call model.compile({optimizer, loss}) first.`,
      );
    }
    this.setModel(model);
    this.beginRun(model, true);
  }

  /** Ends what `bind` began: completes the run's stream and gives back what is held. */
  unbind(): void {
    this.endRun();
  }

  /**
   * Takes a sample now, whatever the schedule says: on the model it is bound to, or from within a `fit`.
   *
   * @returns the sample, or `null` where it failed, as `failures$` tells, or the worker in the background was busy.
   * @throws InvalidArgumentError before `bind(model)` and outside of `fit`.
   */
  async sample(args?: SampleArgs): Promise<HessianSample | null> {
    this.assertNotDisposed();
    const {epoch, batch} = sampleArgs(args);
    const {run} = this;
    if (run === null) {
      throw new InvalidArgumentError(
        'The callback is on no model: call bind(model) before sample(), or sample() from within a fit.',
      );
    }
    if (epoch !== undefined) run.epoch = epoch;
    return (await this.taker.take(run, batch)).arrival;
  }

  /**
   * Where the newest run stands, for a training that is to go on elsewhere: plain data, to be saved beside the model's
   * checkpoint. Take it when this callback has had its turn, in a callback that is listed behind it, or after `fit`.
   *
   * @throws InvalidArgumentError before the first run.
   */
  state(): CallbackState {
    const state = this.run?.state() ?? this.finished?.state;
    if (state !== undefined) return state;
    throw new InvalidArgumentError('There is no state before the first fit or bind(model).');
  }

  /**
   * Makes the next run go on with a state, so that both together give the records of an unbroken one. The training
   * itself is resumed as ever: weights and optimizer from a checkpoint, and `initialEpoch`.
   *
   * @throws InvalidArgumentError for what is no state.
   */
  restore(state: CallbackState): void {
    this.assertNotDisposed();
    this.restored = checkState(state);
  }

  /** Called by tfjs-layers, before training begins. */
  override setModel(model: LayersModel): void {
    if (this.run !== null && lastingModel(this.run.model) !== lastingModel(model)) {
      throw this.onAnotherModel(model);
    }
    super.setModel(model);
  }

  override async onTrainBegin(_logs?: Logs): Promise<void> {
    // Another copy of tfjs-layers does not know this class, and calls its methods on an object of its own.
    if (!(this instanceof HessianSpectrumCallback) && !((this as unknown) instanceof CustomCallback)) {
      throw anotherCopy('The model that is trained');
    }
    // Behind a plain callback, tfjs-layers does the same.
    if (!(this instanceof HessianSpectrumCallback) || !this.model) {
      throw new InvalidArgumentError(
        'HessianSpectrumCallback was not told its model: tfjs-layers takes callbacks that are all of class Callback, or ' +
          'all plain objects. Beside this one, wrap a plain one: new tf.CustomCallback({onEpochEnd: …}).',
      );
    }
    this.assertNotDisposed();
    // Two fits that begin at the same moment set their models before either has begun.
    if (this.run?.isFit && trainingModel(this.run.model).isTraining) throw this.onAnotherModel(this.model);
    this.beginRun(this.model as LayersModel, false);
    await this.sampleIfDue('trainBegin', null);
  }

  override async onEpochBegin(epoch: number, _logs?: Logs): Promise<void> {
    if (this.run !== null) this.run.epoch = epoch;
  }

  override async onBatchEnd(batch: number, logs?: Logs): Promise<void> {
    if (this.run === null) return;
    this.run.addStep();
    const sample = await this.sampleIfDue('batchEnd', batch);
    if (sample !== null) this.log(sample, logs);
    await this.yielding.yieldIfDue();
  }

  override async onEpochEnd(epoch: number, logs?: Logs): Promise<void> {
    if (this.run === null) return;
    this.run.endEpoch(epoch);
    await this.sampleIfDue('epochEnd', null);
    const {lastSample, knownIn} = this.run ?? {};
    if (lastSample && knownIn === epoch) this.log(lastSample, logs);
  }

  override async onTrainEnd(_logs?: Logs): Promise<void> {
    // What the worker still has in hand belongs to this run, and it is free for a last sample then.
    await this.taker.idle();
    await this.sampleIfDue('trainEnd', null);
    await this.taker.idle();
    this.endRun();
  }

  /** Ends the streams and gives back what is held, the worker included. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.endRun();
    this.taker.dispose();
    this.samples.complete();
    this.runs.complete();
    this.failures.complete();
  }

  private beginRun(model: LayersModel, bound: boolean): void {
    this.endRun();
    const {batch, restart} = this.args;
    const layerCount = this.requireLayers(model);
    this.taker.open();
    const {holder} = this;
    const observer = {
      ...(batch === 'training' && {onStepBegin: holder.onStepBegin.bind(holder)}),
      // In a fit, steps are counted by its batches.
      ...(bound && {onStepEnd: () => run.addStep()}),
    };
    const releases = [
      ...(Object.keys(observer).length > 0 ? [observeSteps(model, observer)] : []),
      ...(bound ? [] : [whenTrainingEnds(model, () => this.endRun())]),
    ];
    const {restored, finished} = this;
    const run = new TrainingRun({
      model,
      isFit: !bound,
      layerCount,
      epoch: bound ? 0 : ((this.params?.initialEpoch as number | undefined) ?? 0),
      before: restored ?? (restart ? null : (finished?.state ?? null)),
      isResumed: restored !== null,
      isSameTraining: restored !== null || finished?.model.deref() === lastingModel(model),
      end: () => {
        for (const release of releases) release();
      },
    });
    this.restored = null;
    this.run = run;
    this.runs.next(new ShieldedObservable(run.samples, error => this.fail(error)));
  }

  private endRun(): void {
    const {run} = this;
    if (run === null) return;
    this.finished = {state: run.state(), model: new WeakRef(lastingModel(run.model))};
    this.run = null;
    this.holder.release();
    run.end();
  }

  private async sampleIfDue(event: ScheduleContext['event'], batch: number | null): Promise<HessianSample | null> {
    const {run} = this;
    if (run === null || run.sampledStep === run.step) return null;
    try {
      const isDue = this.args.schedule(run.context(event, batch, this.taker.firstCost(run)));
      requireAnswer(isDue);
      if (!isDue) return null;
    } catch (error) {
      this.fail(toError(error), batch);
      return null;
    }
    const {arrival} = await this.taker.take(run, batch);
    // In the background it is still on its way.
    return this.args.background === false ? arrival : null;
  }

  private log(sample: HessianSample, logs: Logs | undefined): void {
    if (this.args.logs !== null && logs !== undefined) logSample(sample, this.args.logs, logs);
  }

  private fail(
    error: Error,
    batch: number | null = null,
    moment: {epoch: number; step: number} | null = this.run,
  ): void {
    const training = this.run?.training ?? '';
    if (!this.failures.observed && this.complainedOf !== training) {
      console.warn(
        `tfjs-hessian: ${error.name}: ${error.message} (failures$ tells of each failure of a sample or subscriber)`,
      );
    }
    if (this.run !== null) this.complainedOf = training;
    this.failures.next({error, epoch: moment?.epoch ?? 0, batch, step: moment?.step ?? 0});
  }

  /**
   * How many layers are selected. A layer that is named and frozen is not refused: it may be trained later.
   *
   * @throws InvalidArgumentError for a name that no layer has, and for a selection that is none.
   */
  private requireLayers(model: LayersModel): number {
    const {layers} = this.args;
    const slices = sliceLayers(weightedLayers(model));
    this.frozen = frozenLayers(model);
    if (!isList(layers)) {
      const count = slices.length + this.frozen.length;
      return selectLayers(slices, withinCount(layers, slices.length, count)).length;
    }
    const names = layers.filter(name => !this.frozen.includes(name));
    if (names.length > 0 || layers.length === 0) selectLayers(slices, names);
    return layers.length;
  }

  /** @throws InvalidArgumentError for layers that are named and frozen now. */
  private layersOf(model: LayersModel): string[] {
    this.frozen = frozenLayers(model);
    const slices = sliceLayers(weightedLayers(model));
    const layers = withinCount(this.args.layers, slices.length);
    return selectLayers(slices, layers, this.frozen).map(({name}) => name);
  }

  private onAnotherModel({name}: LayersModel): Error {
    return new InvalidArgumentError(
      `HessianSpectrumCallback is on model "${this.run?.model.name}"; give model "${name}" a callback of its own.`,
    );
  }

  private assertNotDisposed(): void {
    if (this.disposed) throw new DisposedError('This HessianSpectrumCallback has been disposed; make a new one.');
  }
}

/** A promise or a schedule would count as true at every step. */
function requireAnswer(isDue: unknown): void {
  if (typeof isDue !== 'function' && typeof isDue !== 'object') return;
  if (isDue === null) return;
  throw new InvalidArgumentError(
    `The schedule returned ${show(isDue)}; it must return true or false: a schedule is everyEpochs(1), not everyEpochs, and ` +
      'does not wait.',
  );
}
