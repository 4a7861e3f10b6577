import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ReplaySubject} from 'rxjs';
import {check} from '../arguments/check.js';
import {numberFrom, orNull, text, that, wholeNumber} from '../arguments/kinds.js';
import {recordOf} from '../metrics/record-schemas.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import {sampleSchema} from '../streams/parse-sample.js';
import type {ScheduleContext} from './schedules.js';

/** Where a run stands: what is needed to go on with it elsewhere. Plain data that survives JSON. */
export interface CallbackState {
  readonly schema: 1;
  readonly run: string;
  /** Samples taken. */
  readonly index: number;
  readonly epoch: number;
  /** Optimizer steps that are done. */
  readonly step: number;
  /** The step of the newest sample, taken or tried. */
  readonly sampledStep: number;
  /** Milliseconds. */
  readonly elapsed: number;
  /** Milliseconds of them that training waited for samples. */
  readonly waited: number;
  /** Milliseconds that training waited for the newest sample; `null` before the first. */
  readonly lastWait: number | null;
  readonly lastSample: HessianSample | null;
}

export interface TrainingRunArgs {
  readonly model: LayersModel;
  /** Whether it is a `fit`, not a binding. */
  readonly isFit: boolean;
  /** The selected layers' names. */
  readonly layers: readonly string[];
  /** The epoch that training begins with. */
  readonly epoch: number;
  /** The state of the run that this one goes on with. */
  readonly resumed: CallbackState | null;
  /** Gives back what the run has taken hold of. */
  readonly end: () => void;
}

/** One `fit`, or one binding of a callback to a model: what has been sampled in it, and what that has cost. */
export class TrainingRun {
  readonly id: string;
  readonly model: LayersModel;
  readonly isFit: boolean;
  readonly layers: readonly string[];
  readonly samples = new ReplaySubject<HessianSample>(1);
  index: number;
  epoch: number;
  step: number;
  /** One step is sampled once, whoever asks for it. */
  sampledStep: number;
  lastSample: HessianSample | null;
  /** The epoch in which the newest sample became known, for the logs. */
  knownIn: number | null = null;
  /** Nothing is added any more. */
  isOver = false;
  /** Whether the first of its failures has been told. */
  hasFailed = false;
  /** Samples left out since the newest one was begun. */
  private skipped = 0;
  private skippedStep = -1;
  private waited: number;
  /** What training waited for the newest sample, taken or tried. */
  private lastWait: number | null;
  private readonly began: number;
  private readonly release: () => void;

  constructor({model, isFit, layers, epoch, resumed, end}: TrainingRunArgs) {
    this.id = resumed?.run ?? runId();
    this.model = model;
    this.isFit = isFit;
    this.layers = layers;
    this.epoch = epoch;
    this.index = resumed?.index ?? 0;
    this.step = resumed?.step ?? 0;
    this.sampledStep = resumed?.sampledStep ?? -1;
    this.lastSample = resumed?.lastSample ?? null;
    this.waited = resumed?.waited ?? 0;
    this.lastWait = resumed?.lastWait ?? null;
    this.began = performance.now() - (resumed?.elapsed ?? 0);
    this.release = end;
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
    this.lastSample = sample;
    this.knownIn = this.epoch;
    this.samples.next(sample);
  }

  /** @param firstCost what the first sample is expected to take, in steps of the training. */
  context(event: ScheduleContext['event'], batch: number | null, firstCost: number): ScheduleContext {
    const {epoch, step, lastSample, elapsed, waited} = this;
    // As long as the one before; the first one by its work, at the pace of training's steps.
    const predicted = this.lastWait ?? (firstCost * (elapsed - waited)) / Math.max(1, step);
    return {event, epoch, batch, step, elapsed, sampling: waited, predicted, lastSample};
  }

  state(): CallbackState {
    const {id, index, epoch, step, sampledStep, elapsed, waited, lastWait, lastSample} = this;
    return {schema: 1, run: id, index, epoch, step, sampledStep, elapsed, waited, lastWait, lastSample};
  }

  end(): void {
    this.isOver = true;
    this.release();
    this.samples.complete();
  }
}

const stateSchema = recordOf<CallbackState>(
  {
    schema: that(value => value === 1, '1'),
    run: text(),
    index: wholeNumber(0),
    epoch: wholeNumber(0),
    step: wholeNumber(0),
    sampledStep: wholeNumber(-1),
    elapsed: numberFrom(0),
    waited: numberFrom(0),
    lastWait: orNull(numberFrom(0)),
    lastSample: orNull(sampleSchema),
  },
  'what state() has given, {schema: 1, run, index, step, …}',
);

/**
 * @throws InvalidArgumentError for what is no state.
 */
export function checkState(state: CallbackState): CallbackState {
  check('The state to restore', stateSchema, state);
  return state;
}

/** The time, and a few random digits, since callbacks of several models may begin at once. Leaves `Math.random` alone. */
function runId(): string {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return `${new Date().toISOString()}-${random!.toString(16).padStart(8, '0')}`;
}
