import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ReplaySubject} from 'rxjs';
import type {HessianSample} from '../streams/hessian-sample.js';
import type {CallbackState} from './callback-state.js';
import type {ScheduleContext} from './schedules.js';

export interface TrainingRunArgs {
  readonly model: LayersModel;
  /** Whether it is a `fit`, not a binding. */
  readonly isFit: boolean;
  /** How many layers are selected when it begins. */
  readonly layerCount: number;
  /** The epoch that training begins with. */
  readonly epoch: number;
  /** Where the callback stood before, if counts go on from there. */
  readonly before: CallbackState | null;
  /** Whether it is the run of that state, resumed, and not a further fit. */
  readonly isResumed: boolean;
  /** Whether it goes on with the training of that state. */
  readonly isSameTraining: boolean;
  /** Gives back what the run has taken hold of. */
  readonly end: () => void;
}

/** One `fit`, or one binding of a callback to a model: what has been sampled in it, and what that has cost. */
export class TrainingRun {
  readonly id: string;
  readonly model: LayersModel;
  readonly isFit: boolean;
  /** The first run of the training: the fits of one model, over which counts go on. */
  readonly training: string;
  /** Which of the callback's fits it is, from 0. */
  readonly fit: number;
  readonly layerCount: number;
  readonly samples = new ReplaySubject<HessianSample>(1);
  index: number;
  /** Samples taken, over all fits. */
  sampled: number;
  /** The fit's own. */
  epoch: number;
  /** Over all fits. */
  step: number;
  /** The fit's own. */
  fitStep: number;
  /** Epochs that have ended, over all fits. */
  epochs: number;
  /** One step is sampled once, whoever asks for it. */
  sampledStep: number;
  lastSample: HessianSample | null;
  /** The epoch in which the newest sample became known, for the logs. */
  knownIn: number | null = null;
  /** Nothing is added any more. */
  isOver = false;
  /** Samples left out since the newest one was begun. */
  private skipped = 0;
  private skippedStep = -1;
  private waited: number;
  /** What training waited for the newest sample, taken or tried. */
  private lastWait: number | null;
  /** What is added to an epoch of the fit to count over all fits. */
  private readonly earlierEpochs: number;
  private readonly began: number;
  private readonly release: () => void;

  constructor({model, isFit, layerCount, epoch, before, isResumed, isSameTraining, end}: TrainingRunArgs) {
    const resumed = isResumed ? before : null;
    this.id = resumed?.run ?? runId();
    this.training = (isSameTraining ? (before?.training ?? resumed?.run) : null) ?? this.id;
    this.model = model;
    this.isFit = isFit;
    this.layerCount = layerCount;
    this.epoch = epoch;
    this.fit = before === null ? 0 : (before.fit ?? 0) + (isResumed ? 0 : 1);
    this.index = resumed?.index ?? 0;
    this.sampled = before?.samples ?? before?.index ?? 0;
    this.step = before?.step ?? 0;
    this.fitStep = resumed?.fitStep ?? resumed?.step ?? 0;
    // A fit that says at which epoch it begins may know of more epochs than the callback does.
    this.epochs = Math.max(before?.epochs ?? 0, epoch);
    this.earlierEpochs = this.epochs - epoch;
    this.sampledStep = before?.sampledStep ?? -1;
    this.lastSample = before?.lastSample ?? null;
    this.waited = before?.waited ?? 0;
    this.lastWait = before?.lastWait ?? null;
    this.began = performance.now() - (before?.elapsed ?? 0);
    this.release = end;
  }

  /** The running epoch, from 0, counted over all fits. */
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

  /** Milliseconds since it began. */
  get elapsed(): number {
    return performance.now() - this.began;
  }

  get shareOfTraining(): number {
    return Math.min(1, this.waited / this.elapsed);
  }

  /** A sample that is due is left out. */
  skip(): void {
    if (this.skippedStep !== this.step) this.skipped++;
    this.skippedStep = this.step;
  }

  /**
   * A sample is begun.
   *
   * @returns how many have been left out since the one before.
   */
  begin(): number {
    const {skipped, skippedStep, step} = this;
    this.sampledStep = step;
    this.skipped = 0;
    this.skippedStep = -1;
    // This step's is not left out after all.
    return skippedStep === step ? skipped - 1 : skipped;
  }

  /** Training has waited for a sample, taken or tried. */
  addWait(milliseconds: number): void {
    this.waited += milliseconds;
    this.lastWait = milliseconds;
  }

  /** A sample has been taken. */
  add(sample: HessianSample): void {
    this.index++;
    this.sampled++;
    this.lastSample = sample;
    this.knownIn = this.epoch;
    this.samples.next(sample);
  }

  /** @param firstCost what the first sample is expected to take, in steps of the training. */
  context(event: ScheduleContext['event'], batch: number | null, firstCost: number): ScheduleContext {
    const {totalEpoch, epoch, step, fit, fitStep, lastSample, elapsed, waited} = this;
    // As long as the one before; the first one by its work, at the pace of training's steps.
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

  end(): void {
    this.isOver = true;
    this.release();
    this.samples.complete();
  }
}

/** The time, and a few random digits, since callbacks of several models may begin at once. Leaves `Math.random` alone. */
function runId(): string {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return `${new Date().toISOString()}-${random!.toString(16).padStart(8, '0')}`;
}
