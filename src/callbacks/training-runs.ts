import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {lastingModel} from '../model/lasting-model.js';
import type {StepBatch} from '../model/training-step.js';
import {observeSteps} from '../model/training-step.js';
import type {WeightSnapshot} from '../model/weight-snapshot.js';
import type {CheckedArgs} from './callback-args.js';
import type {CallbackState} from './callback-state.js';
import {checkState} from './callback-state.js';
import {StepBatchHolder} from './sampling/step-batch-holder.js';
import {WeightsBeforeStep} from './sampling/weights-before-step.js';
import {whenTrainingEnds} from './training-end.js';
import type {Expected} from './training-run.js';
import {TrainingRun} from './training-run.js';

interface Finished {
  state: CallbackState;
  readonly model: WeakRef<LayersModel>;
  readonly expected: Expected;
}

/** The training runs of one callback, one after the other. */
export class TrainingRuns {
  private running: TrainingRun | null = null;
  /** What remains of the newest run after its end. Not the run itself, which holds the model. */
  private finished: Finished | null = null;
  /** The state that the next run continues. */
  private restored: CallbackState | null = null;
  private readonly holder = new StepBatchHolder();
  private readonly earlier = new WeightsBeforeStep();

  constructor(private readonly args: Pick<CheckedArgs, 'batch' | 'restart' | 'background' | 'gradientParts'>) {}

  /** The current run; `null` between two runs. */
  get current(): TrainingRun | null {
    return this.running;
  }

  /** The batch of the newest training step, which stays the property of this object; `null` before the first step. */
  get trainingBatch(): Batch | null {
    return this.holder.batch();
  }

  /** The weights before the newest step, if gradients are measured. */
  get weightsBefore(): WeightSnapshot | null {
    return this.earlier.weights;
  }

  /**
   * Starts a run. A run of a `fit` ends with it.
   *
   * @param epoch the epoch with which the run begins.
   */
  begin(
    model: LayersModel,
    {isFit, layerCount, epoch}: Pick<TrainingRun, 'isFit' | 'layerCount' | 'epoch'>,
  ): TrainingRun {
    const {holder, restored, finished} = this;
    const {batch, gradientParts} = this.args;
    const holdsBatch = batch === 'training';
    const holdsWeights = gradientParts !== null;
    const observer = {
      ...((holdsBatch || holdsWeights) && {
        onStepBegin: (data: StepBatch) => {
          if (holdsBatch) holder.onStepBegin(data);
          if (holdsWeights) this.earlier.hold(model);
        },
      }),
      // In a fit, `onBatchEnd` counts the steps.
      ...(!isFit && {onStepEnd: () => run.addStep()}),
    };
    const releases = [
      ...(Object.keys(observer).length > 0 ? [observeSteps(model, observer)] : []),
      ...(isFit ? [whenTrainingEnds(model, () => this.end())] : []),
    ];
    const run = new TrainingRun({
      model,
      isFit,
      layerCount,
      epoch,
      before: restored ?? (this.args.restart ? null : (finished?.state ?? null)),
      isResumed: restored !== null,
      late: restored === null && !this.args.restart ? (finished?.expected.count ?? 0) : 0,
      isSameTraining: restored !== null || finished?.model.deref() === lastingModel(model),
      end: () => {
        for (const release of releases) release();
      },
    });
    this.restored = null;
    this.running = run;
    return run;
  }

  /** Ends the current run, if there is one, and releases what it holds. */
  end(): void {
    const {running} = this;
    if (running === null) return;
    const {model, expected} = running;
    this.finished = {state: running.state(), model: new WeakRef(lastingModel(model)), expected};
    this.running = null;
    this.holder.release();
    this.earlier.release();
    running.end(this.args.background !== null);
  }

  /** Counts a sample that came after the end of its run. */
  addLate(run: TrainingRun): void {
    const {finished} = this;
    if (finished?.state.run !== run.id) return;
    const {index, samples = index} = finished.state;
    finished.state = {...finished.state, index: run.index, samples: samples + 1, lastSample: run.lastSample};
  }

  /** @throws InvalidArgumentError before the first run. */
  state(): CallbackState {
    const state = this.running?.state() ?? this.finished?.state;
    if (state !== undefined) return state;
    throw new InvalidArgumentError('There is no state before the first fit or bind(model).');
  }

  /**
   * Makes the next run continue a state.
   *
   * @throws InvalidArgumentError if `state` is not a callback's state.
   */
  restore(state: CallbackState): void {
    this.restored = checkState(state);
  }
}
