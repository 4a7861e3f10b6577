import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ReplaySubject, Subject} from 'rxjs';
import type {HessianSample} from '../streams/hessian-sample.js';
import {setLiveRun} from '../streams/live-run.js';
import type {CallbackState} from './callback-state.js';
import type {ScheduleContext} from './schedules.js';

export interface TrainingRunArgs {
  readonly model: LayersModel;
  /** Whether it is a `fit` rather than a binding. */
  readonly isFit: boolean;
  /** The number of selected layers when the run begins. */
  readonly layerCount: number;
  /** The epoch with which training begins. */
  readonly epoch: number;
  /** The earlier state that the counts continue; `null` if they start from 0. */
  readonly before: CallbackState | null;
  /** Whether this is the run of that state, resumed, rather than a new fit. */
  readonly isResumed: boolean;
  /** Whether it continues the training of that state. */
  readonly isSameTraining: boolean;
  /** How many samples of earlier runs may still come. */
  readonly late: number;
  /** Releases what the run holds. */
  readonly end: () => void;
}

/** How many samples are taken but have not come. */
export interface Expected {
  count: number;
}

/** One `fit`, or one binding of a callback to a model: the samples in it and their cost. */
export class TrainingRun {
  readonly id: string;
  readonly model: LayersModel;
  readonly isFit: boolean;
  /** The first run of the training. A training is all fits of one model over which the counts continue. */
  readonly training: string;
  /** The number of the fit, from 0. */
  readonly fit: number;
  readonly layerCount: number;
  readonly samples = new ReplaySubject<HessianSample>(1);
  index: number;
  /** Number of samples over all fits, with those of earlier runs that may still come. */
  sampled: number;
  /** The epoch within the fit. */
  epoch: number;
  /** Optimizer steps over all fits. */
  step: number;
  /** Optimizer steps within the fit. */
  fitStep: number;
  /** Epochs that have ended, over all fits. */
  epochs: number;
  /** The step of the newest sample, also if it failed. A step is sampled at most once. */
  sampledStep: number;
  lastSample: HessianSample | null;
  /** The epoch in which the newest sample arrived, for the logs. */
  knownIn: number | null = null;
  /** Whether the run has ended: no more samples are added. */
  isOver = false;
  /** Number of samples that were skipped since the newest one. */
  private skipped = 0;
  private skippedStep = -1;
  /** How many of its samples come later. */
  readonly expected: Expected = {count: 0};
  private isComplete = false;
  /** What those who receive the samples may know of the run. Not the run itself, which holds the model. */
  private readonly live = {ended$: new Subject<never>(), failures: 0};
  private waited: number;
  /** How long training waited for the newest sample, also if it failed. */
  private lastWait: number | null;
  /** The number of epochs before this fit. */
  private readonly earlierEpochs: number;
  private readonly began: number;
  private readonly release: () => void;

  constructor({model, isFit, layerCount, epoch, before, isResumed, isSameTraining, late, end}: TrainingRunArgs) {
    const resumed = isResumed ? before : null;
    this.id = resumed?.run ?? runId();
    this.training = (isSameTraining ? (before?.training ?? resumed?.run) : null) ?? this.id;
    this.model = model;
    this.isFit = isFit;
    this.layerCount = layerCount;
    this.epoch = epoch;
    this.fit = before === null ? 0 : (before.fit ?? 0) + (isResumed ? 0 : 1);
    this.index = resumed?.index ?? 0;
    this.sampled = (before?.samples ?? before?.index ?? 0) + late;
    this.step = before?.step ?? 0;
    this.fitStep = resumed?.fitStep ?? resumed?.step ?? 0;
    // With `initialEpoch`, the fit may have had more epochs than the callback has seen.
    this.epochs = Math.max(before?.epochs ?? 0, epoch);
    this.earlierEpochs = this.epochs - epoch;
    this.sampledStep = before?.sampledStep ?? -1;
    this.lastSample = before?.lastSample ?? null;
    this.waited = before?.waited ?? 0;
    this.lastWait = before?.lastWait ?? null;
    this.began = performance.now() - (before?.elapsed ?? 0);
    this.release = end;
  }

  /** The current epoch, from 0, counted over all fits. */
  get totalEpoch(): number {
    return this.epoch + this.earlierEpochs;
  }

  addStep(): void {
    this.step++;
    this.fitStep++;
  }

  endEpoch(epoch: number): void {
    this.epoch = epoch;
    this.epochs = this.totalEpoch + 1;
  }

  /** Duration of all fits so far, in milliseconds. */
  get elapsed(): number {
    return performance.now() - this.began;
  }

  get shareOfTraining(): number {
    return Math.min(1, this.waited / this.elapsed);
  }

  /** Counts a sample that was due but skipped. */
  skip(): void {
    if (this.skippedStep !== this.step) this.skipped++;
    this.skippedStep = this.step;
  }

  /**
   * Marks the current step as sampled.
   *
   * @returns the number of samples that were skipped since the one before.
   */
  begin(): number {
    const {skipped, skippedStep, step} = this;
    this.sampledStep = step;
    this.skipped = 0;
    this.skippedStep = -1;
    // The sample of this step was skipped first and is taken now.
    return skippedStep === step ? skipped - 1 : skipped;
  }

  /** Adds the time that training waited for a sample, also if it failed. */
  addWait(milliseconds: number): void {
    this.waited += milliseconds;
    this.lastWait = milliseconds;
  }

  /** Adds a finished sample. */
  add(sample: HessianSample): void {
    this.index++;
    this.sampled++;
    this.lastSample = sample;
    this.knownIn = this.epoch;
    setLiveRun(sample, this.live);
    this.samples.next(sample);
  }

  addFailure(): void {
    this.live.failures++;
  }

  /** A sample will come, or fail, later. */
  expect(): void {
    this.expected.count++;
  }

  /** A sample that was expected has come, or has failed. */
  settle(): void {
    this.expected.count--;
    if (this.isOver && this.expected.count === 0) this.complete();
  }

  /**
   * The moment for a schedule.
   *
   * @param firstCost the expected duration of the first sample, in training steps.
   */
  context(event: ScheduleContext['event'], batch: number | null, firstCost: number): ScheduleContext {
    const {totalEpoch, epoch, step, fit, fitStep, lastSample, elapsed, waited} = this;
    // As long as the sample before; for the first sample, its cost in training steps times the mean duration of a step.
    const predicted = this.lastWait ?? (firstCost * (elapsed - waited)) / Math.max(1, step);
    return {
      event,
      epoch: totalEpoch,
      batch,
      step,
      fit: {index: fit, epoch, step: fitStep},
      elapsed,
      sampling: waited,
      predicted,
      lastSample,
    };
  }

  state(): CallbackState {
    const {id, index, epoch, step, fit, fitStep, epochs, training, sampledStep, elapsed, waited, lastWait} = this;
    return {
      ...{schema: 1, run: id, index, epoch, step, fit, fitStep, epochs, samples: this.sampled, training},
      ...{sampledStep, elapsed, waited, lastWait, lastSample: this.lastSample},
    };
  }

  /**
   * Ends the run.
   *
   * @param isLasting whether its stream completes only when the samples that are expected have come.
   */
  end(isLasting: boolean): void {
    this.isOver = true;
    this.release();
    if (!isLasting || this.expected.count === 0) this.complete();
  }

  private complete(): void {
    if (this.isComplete) return;
    this.isComplete = true;
    this.samples.complete();
    this.live.ended$.complete();
  }
}

/**
 * An id from the time and random digits, since several callbacks may begin at the same moment. Does not use `Math.random`.
 */
function runId(): string {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return `${new Date().toISOString()}-${random!.toString(16).padStart(8, '0')}`;
}
