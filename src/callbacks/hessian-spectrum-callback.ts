import type {LayersModel} from '@tensorflow/tfjs-layers';
import {Callback, CustomCallback} from '@tensorflow/tfjs-layers';
import type {Observable, Observer} from 'rxjs';
import {concatMap} from 'rxjs';
import {optional} from 'valibot';
import {orNull, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {DisposedError, InvalidArgumentError} from '../errors.js';
import type {MetricName} from '../metrics/built-in.js';
import {metricOf} from '../metrics/built-in.js';
import type {Metric} from '../metrics/metric.js';
import {lastingModel} from '../model/lasting-model.js';
import type {LayerSelection} from '../model/layers/layer-selection.js';
import {layerSelection} from '../model/layers/layer-selection.js';
import {anotherCopy, requireOwnModel} from '../model/model-argument.js';
import {watchTrainingSteps} from '../model/training-step.js';
import type {HessianSample, SampleFailure} from '../streams/hessian-sample.js';
import type {MetricPoint} from '../streams/metric-points.js';
import {metricPoints} from '../streams/metric-points.js';
import {toError} from '../streams/shielded.js';
import {learningRateOf} from '../tfjs-internals/layers/learning-rate.js';
import {trainingModel} from '../tfjs-internals/layers/model.js';
import type {CheckedArgs, HessianSpectrumCallbackArgs} from './callback-args.js';
import {checkArgs} from './callback-args.js';
import type {CallbackState} from './callback-state.js';
import {refusePlainBeside} from './plain-callbacks.js';
import type {Logs} from './sample-logs.js';
import {fitLogs, logSample} from './sample-logs.js';
import {SampleStreams} from './sample-streams.js';
import {SampledLayers} from './sampled-layers.js';
import {SampleTaker} from './sampling/sample-taker.js';
import type {ScheduleContext} from './schedules.js';
import {isDue} from './schedules.js';
import type {TrainingRun} from './training-run.js';
import {TrainingRuns} from './training-runs.js';
import {Yielding} from './yielding.js';

/** The moment to which a sample that is taken by hand belongs. */
export interface SampleArgs {
  /** The epoch; default: the current epoch if it is known, else 0. */
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
 * Samples the layerwise Hessian spectra of a model during training, and streams them.
 *
 * The callback does not change the training: weights, optimizer, moving averages and random numbers stay the same. Training
 * waits while a sample is taken; with `background: true` it waits only for a snapshot. A sample costs two gradient passes,
 * `steps × probes` products with the Hessian of the network and at most `traceProbes` more, and as many with the block of each
 * layer. With an optimizer such as Adam, its edge of stability takes up to a quarter more with the network. Between samples the
 * callback holds references to the newest batch.
 *
 * A callback observes one model at a time, and any number of fits. Schedules count steps and epochs over all fits; with
 * `restart: true` they start again with each fit. tfjs-layers takes a list of callbacks that are all of class `Callback` or
 * all plain objects: wrap a plain one beside this one, `new tf.CustomCallback({onEpochEnd: …})`.
 *
 * @throws InvalidArgumentError for an invalid option, before training begins.
 * @example
 * const curvature = new HessianSpectrumCallback({schedule: everyEpochs(1), layers: 'all'});
 * curvature.metric$('trace').subscribe(({layer, epoch, value, standardError}) => …);
 * await model.fit(x, y, {epochs: 10, callbacks: [curvature]});
 */
export class HessianSpectrumCallback extends Callback {
  /**
   * All samples. Hot: a late subscriber first receives the newest sample. Completes on `dispose()`.
   *
   * Only the newest sample is kept. Each subscriber receives a sample at once and does not wait for the others.
   */
  readonly samples$: Observable<HessianSample>;
  /**
   * Failed samples and errors of subscribers. Completes on `dispose()`.
   *
   * Without a subscriber, the first failure of each training is printed. Sinks add their failures:
   * `ndjson(path, {failures$})`.
   */
  readonly failures$: Observable<SampleFailure> & Pick<Observer<SampleFailure>, 'next'>;
  /** One inner stream per fit, which completes when that fit ends. */
  readonly runs$: Observable<Observable<HessianSample>>;

  private readonly args: CheckedArgs;
  private readonly streams: SampleStreams;
  private readonly runs: TrainingRuns;
  private readonly layers: SampledLayers;
  private readonly taker: SampleTaker;
  private readonly yielding: Yielding;
  private disposed = false;

  constructor(args?: HessianSpectrumCallbackArgs) {
    super();
    this.args = checkArgs(args);
    this.yielding = new Yielding(this.args.yieldEvery);
    this.layers = new SampledLayers(this.args.layers);
    this.runs = new TrainingRuns(this.args);
    this.streams = new SampleStreams(() => this.runs.current);
    this.taker = new SampleTaker({
      args: this.args,
      layersOf: model => this.layers.names(model),
      trainingBatch: () => this.runs.trainingBatch,
      weightsBefore: () => this.runs.weightsBefore,
      onSample: (sample, run) => {
        if (run.isOver) this.runs.addLate(run);
        this.streams.publish(sample);
      },
      onFailure: failure => this.streams.fail(failure),
    });
    ({samples$: this.samples$, failures$: this.failures$, runs$: this.runs$} = this.streams);
    // `fit` makes its training step before it calls any method here.
    watchTrainingSteps();
    refusePlainBeside(HessianSpectrumCallback);
  }

  /**
   * A metric of each sample, for the network and each layer, or only for the named layers.
   *
   * @throws InvalidArgumentError for an unknown metric.
   */
  metric$(metric: MetricName | Metric, args?: {layers?: LayerSelection}): Observable<MetricPoint> {
    const known = metricOf(metric);
    const {layers} = metricArgs(args);
    return this.samples$.pipe(concatMap(sample => metricPoints(sample, known, layers, this.layers.frozen)));
  }

  /**
   * Follows the `trainOnBatch` steps of a model, for samples by hand. A `fit` with this callback ends the binding.
   *
   * @throws InvalidArgumentError for a model that is not compiled, for an unknown layer, or while the callback observes
   * another model.
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
    this.beginRun(model, {isFit: false, epoch: 0});
  }

  /** Ends the binding to a model: completes the stream of the run and releases what the callback holds. */
  unbind(): void {
    this.runs.end();
  }

  /**
   * Takes a sample now, of the bound model or within a `fit`. The schedule is not asked.
   *
   * @returns the sample, or `null` if it failed (see `failures$`) or if too many samples wait for the background worker.
   * @throws InvalidArgumentError before `bind(model)` and outside of `fit`.
   */
  async sample(args?: SampleArgs): Promise<HessianSample | null> {
    this.assertNotDisposed();
    const {epoch, batch} = sampleArgs(args);
    const run = this.runs.current;
    if (run === null) {
      throw new InvalidArgumentError(
        'The callback is not bound to a model: call bind(model) before sample(), or call sample() during a fit.',
      );
    }
    if (epoch !== undefined) run.epoch = epoch;
    return (await this.taker.take(run, batch)).arrival;
  }

  /**
   * Resolves when every sample that was due has come, or has failed. `fit` waits for that at its end; a loop of your own with
   * `background: true` may do so before `unbind()`.
   *
   * @example
   * await curvature.drained();
   */
  drained(): Promise<void> {
    return this.taker.drained();
  }

  /**
   * The state of the newest run, as plain data, to resume the training elsewhere. Save it beside the checkpoint of the model.
   *
   * Call it after `fit`, or in a callback that follows this one in the list.
   *
   * @throws InvalidArgumentError before the first run.
   */
  state(): CallbackState {
    return this.runs.state();
  }

  /**
   * Makes the next run continue a saved state: both parts together give the records of one unbroken run. The training itself
   * is resumed as usual: weights and optimizer from a checkpoint, and `initialEpoch`.
   *
   * @throws InvalidArgumentError if `state` is not a callback's state.
   */
  restore(state: CallbackState): void {
    this.assertNotDisposed();
    this.runs.restore(state);
  }

  /** Called by tfjs-layers before training begins. */
  override setModel(model: LayersModel): void {
    const run = this.runs.current;
    if (run !== null && lastingModel(run.model) !== lastingModel(model)) throw this.onAnotherModel(model);
    super.setModel(model);
  }

  /** Called by tfjs-layers when a training begins. */
  override async onTrainBegin(_logs?: Logs): Promise<void> {
    // Another copy of tfjs-layers does not know this class, and calls its methods on another object.
    if (!(this instanceof HessianSpectrumCallback) && !((this as unknown) instanceof CustomCallback)) {
      throw anotherCopy('The model that is trained');
    }
    // tfjs-layers does the same if the first callback of the list is a plain object.
    if (!(this instanceof HessianSpectrumCallback) || !this.model) {
      throw new InvalidArgumentError(
        'HessianSpectrumCallback did not receive its model: tfjs-layers takes callbacks that are all of class Callback, or ' +
          'all plain objects. Wrap a plain one beside it: new tf.CustomCallback({onEpochEnd: …}).',
      );
    }
    this.assertNotDisposed();
    const run = this.runs.current;
    // If two fits start at the same moment, both set their models before either begins.
    if (run?.isFit && trainingModel(run.model).isTraining) throw this.onAnotherModel(this.model);
    const epoch = (this.params?.initialEpoch as number | undefined) ?? 0;
    this.beginRun(this.model as LayersModel, {isFit: true, epoch});
    await this.sampleIfDue('trainBegin', null);
  }

  /** Called by tfjs-layers when an epoch begins. */
  override async onEpochBegin(epoch: number, _logs?: Logs): Promise<void> {
    const run = this.runs.current;
    if (run !== null) run.epoch = epoch;
  }

  /** Called by tfjs-layers after a step; takes a sample if the schedule says so. */
  override async onBatchEnd(batch: number, logs?: Logs): Promise<void> {
    const run = this.runs.current;
    if (run === null) return;
    run.addStep();
    const before = run.sampledStep;
    const sample = await this.sampleIfDue('batchEnd', batch);
    if (run.sampledStep !== before) await this.noteLogs(run, logs, batch);
    if (sample !== null) this.log(sample, logs);
    await this.yielding.yieldIfDue();
  }

  /** Called by tfjs-layers after an epoch; takes a sample if the schedule says so. */
  override async onEpochEnd(epoch: number, logs?: Logs): Promise<void> {
    const run = this.runs.current;
    if (run === null) return;
    run.endEpoch(epoch);
    await this.sampleIfDue('epochEnd', null);
    await this.noteLogs(run, logs, null);
    const {lastSample, knownIn} = this.runs.current ?? {};
    if (lastSample && knownIn === epoch) this.log(lastSample, logs);
  }

  /** Called by tfjs-layers when a training ends. */
  override async onTrainEnd(_logs?: Logs): Promise<void> {
    // The samples that the worker has not taken yet belong to this run.
    await this.taker.waitAtEnd();
    await this.sampleIfDue('trainEnd', null);
    await this.taker.waitAtEnd();
    this.runs.end();
  }

  /** Completes the streams, releases what the callback holds and ends its worker. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.runs.end();
    this.taker.dispose();
    this.streams.complete();
  }

  private beginRun(model: LayersModel, {isFit, epoch}: {readonly isFit: boolean; readonly epoch: number}): void {
    this.runs.end();
    const layerCount = this.layers.count(model);
    this.taker.open();
    this.streams.publishRun(this.runs.begin(model, {isFit, layerCount, epoch}));
  }

  /** @returns the sample; `null` if none is due, if it failed, or if the background worker is taking it. */
  private async sampleIfDue(event: ScheduleContext['event'], batch: number | null): Promise<HessianSample | null> {
    const run = this.runs.current;
    if (run === null || run.sampledStep === run.step) return null;
    try {
      if (!isDue(this.args.schedule, run.context(event, batch, this.taker.firstCost(run)))) return null;
    } catch (error) {
      this.streams.fail({error: toError(error), batch});
      return null;
    }
    const {arrival} = await this.taker.take(run, batch);
    return this.args.background === null ? arrival : null;
  }

  private log(sample: HessianSample, logs: Logs | undefined): void {
    if (this.args.logs !== null && logs !== undefined) logSample(sample, this.args.logs, logs);
  }

  /** Hands the logs of `fit` to the sinks that keep them. Never rejects. */
  private async noteLogs(run: TrainingRun, logs: Logs | undefined, batch: number | null): Promise<void> {
    if (logs === undefined || !this.streams.hasNoteTakers) return;
    try {
      const own = await fitLogs(logs, this.args.logs);
      this.streams.publishLogs(run, {batch, logs: own, learningRate: learningRateOf(run.model)});
    } catch (error) {
      this.streams.fail({error: toError(error), batch}, 'receiver');
    }
  }

  private onAnotherModel({name}: LayersModel): Error {
    return new InvalidArgumentError(
      `HessianSpectrumCallback already observes model "${this.runs.current?.model.name}"; give model "${name}" another callback.`,
    );
  }

  private assertNotDisposed(): void {
    if (this.disposed) throw new DisposedError('This HessianSpectrumCallback has been disposed; make a new one.');
  }
}
