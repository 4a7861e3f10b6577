import type {Scalar, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {fasterGradientsUnnoticed} from '../../autodiff/gradients/faster-gradients.js';
import {lastingModel} from '../../model/lasting-model.js';
import {variablesOf, weightedLayers} from '../../model/layers/weighted-layers.js';
import type {StepBatch, StepObserver} from '../../model/training-step.js';
import {discoverObservers, observeSteps} from '../../model/training-step.js';
import {deriveSeed} from '../../random.js';
import {trainingModel} from '../../tfjs-internals/layers/model.js';
import type {TracePenalty} from '../trace-penalty.js';
import {requireSecondOrder} from '../traces/require-second-order.js';
import {StepTraces} from '../traces/step-traces.js';
import {
  configuredRegularizers,
  configuredWeights,
  lookFor,
  lossesThatTfjsLeavesOut,
} from './configured-regularizers.js';
import {StepJudge} from './step-judge.js';
import {lossOnFirstRows} from './sub-batch.js';
import type {TapedLoss} from './taped-loss.js';
import {ForwardRecording} from './taped-loss.js';

/** Something that adds the curvature of some layers to the loss of a model's training steps. */
export interface Penalty {
  readonly regularizer: TracePenalty;
  /** What it adds, on the tape; `null` for nothing. */
  compute(taped: TapedLoss, step: number): Scalar | null;
}

/**
 * The training steps of one model of which something penalizes the curvature.
 *
 * A step records its own forward pass, as far as the data loss; the penalties push jets through that recording.
 */
export class PenalizedSteps implements StepObserver {
  private readonly penalties = new Set<Penalty>();
  /** Of what stands in the configuration of layers. */
  private readonly traces = new StepTraces();
  private stopObserving: (() => void) | null = null;
  private steps = 0;
  private running: RunningStep | null = null;
  private readonly judge = new StepJudge();

  constructor(private readonly model: LayersModel) {}

  /** Whether something attached has it take part in every step. */
  get isObserving(): boolean {
    return this.stopObserving !== null;
  }

  /** @param initialStep how many steps are done, where the optimizer does not know. */
  add(penalty: Penalty, initialStep = 0): () => void {
    this.steps = Math.max(this.steps, initialStep);
    this.penalties.add(penalty);
    this.stopObserving ??= observeSteps(this.model, this);
    return () => {
      this.penalties.delete(penalty);
      if (this.penalties.size > 0) return;
      this.stopObserving?.();
      this.stopObserving = null;
      this.traces.dispose();
    };
  }

  onStepBegin(batch: StepBatch): void {
    // The optimizer's own count is saved with a model, so that probes and schedules go on where a training resumes.
    this.steps = Math.max(this.steps, trainingModel(this.model).optimizer_.iterations ?? 0) + 1;
    const penalties = [...this.penalties].filter(({regularizer}) => regularizer.isDue(this.steps));
    const configured = configuredRegularizers(this.model).filter(regularizer => regularizer.isDue(this.steps));
    if (penalties.length + configured.length === 0) return;
    this.judge.begin([...batch.inputs, ...batch.targets], penalties.length);
    const due = new Set([...penalties.map(({regularizer}) => regularizer), ...configured]);
    this.running = new RunningStep(this.model, batch, this.steps, due, penalties, this.traces);
    running = this.running;
  }

  onDataLoss(): Scalar[] {
    return this.running?.onDataLoss() ?? [];
  }

  onForwardEnd(): Scalar[] {
    const step = this.running;
    if (step === null) return [];
    const more = step.onForwardEnd();
    this.finish();
    return more;
  }

  onStepEnd(): void {
    this.finish();
    this.judge.end();
  }

  settled(): Promise<void> {
    return this.judge.settled();
  }

  private finish(): void {
    this.running?.release();
    if (running === this.running) running = null;
    this.running = null;
  }
}

/** A step whose forward pass is running. */
class RunningStep {
  private readonly forward: ForwardRecording | null;
  private readonly withOutputs: boolean;
  /** The losses that traces are taken of, by how many of the batch's rows they are on. */
  private readonly taped = new Map<number, TapedLoss>();
  private readonly done = new Map<TracePenalty, Set<Variable>>();
  private readonly made = new Set<Scalar>();
  /** Where the weights that the step moves stand in the model's order. */
  private places: ReadonlyMap<Variable, number> | null = null;
  /** The tape takes each kernel's gradient when it runs forward. */
  private readonly restoreGradients: () => void;

  constructor(
    private readonly model: LayersModel,
    private readonly batch: StepBatch,
    readonly number: number,
    private readonly due: ReadonlySet<TracePenalty>,
    private readonly penalties: readonly Penalty[],
    private readonly traces: StepTraces,
  ) {
    this.restoreGradients = fasterGradientsUnnoticed();
    this.withOutputs = [...due].some(({curvature}) => curvature === 'gaussNewton');
    const whole = [...due].some(regularizer => this.rowsFor(regularizer) === this.rows);
    this.forward = whole ? new ForwardRecording(model, this.withOutputs) : null;
  }

  onDataLoss(): Scalar[] {
    // The step asks for its regularizers right after it has averaged its losses.
    if (this.forward !== null) this.taped.set(this.rows, this.forward.endAtNewest());
    return this.penalties.flatMap(penalty => penalty.compute(this.lossFor(penalty.regularizer), this.number) ?? []);
  }

  /** The penalty on one weight's block, once a step: tfjs-layers asks once for each place that the layer stands in. */
  penalizeWeight(regularizer: TracePenalty, weight: Variable): Scalar | null {
    const done = this.done.get(regularizer) ?? new Set();
    if (!this.due.has(regularizer) || done.has(weight)) return null;
    this.done.set(regularizer, done.add(weight));
    this.places ??= new Map(variablesOf(weightedLayers(this.model)).map((variable, i) => [variable, i]));
    const place = this.places.get(weight);
    if (place === undefined) return null;
    const key = `weight ${place}` as const;
    const block = {name: key, key, variables: [weight]};
    const {total} = this.traces.compute(this.lossFor(regularizer), regularizer, this.number, [block]);
    if (total === null) return null;
    const value = tf.mul(total, regularizer.strengthAt(this.number) * regularizer.every) as Scalar;
    this.made.add(value);
    return value;
  }

  /** What stands in the configuration of cells and the like: other regularizers in the same place stay left out. */
  onForwardEnd(): Scalar[] {
    return lossesThatTfjsLeavesOut(this.model)
      .map(loss => loss())
      .filter(value => this.made.has(value));
  }

  release(): void {
    this.forward?.stop();
    for (const taped of this.taped.values()) taped.release();
    this.taped.clear();
    this.restoreGradients();
  }

  private get rows(): number {
    return this.batch.inputs[0]!.shape[0]!;
  }

  private rowsFor({subBatch}: TracePenalty): number {
    return Math.min(subBatch ?? this.rows, this.rows);
  }

  private lossFor(regularizer: TracePenalty): TapedLoss {
    const rows = this.rowsFor(regularizer);
    let taped = this.taped.get(rows);
    if (taped === undefined) {
      const seed = deriveSeed(regularizer.seed, this.number, 'first rows');
      taped = lossOnFirstRows(this.model, this.batch, {rows, seed, withOutputs: this.withOutputs});
      this.taped.set(rows, taped);
    }
    return taped;
  }
}

let running: RunningStep | null = null;

/** The step whose forward pass is running and has something penalized. */
export function runningStep(): RunningStep | null {
  return running;
}

const stepsOf = new WeakMap<LayersModel, PenalizedSteps>();

/** The penalized steps of a model: one for all that penalizes it. */
export function penalizedSteps(model: LayersModel): PenalizedSteps {
  const target = lastingModel(model);
  let steps = stepsOf.get(target);
  if (steps === undefined) {
    steps = new PenalizedSteps(target);
    stepsOf.set(target, steps);
  }
  return steps;
}

let discovering = false;

/** Penalizes, from now on, what stands in the configuration of any model's layers. */
export function penalizeConfigured(regularizerClass: abstract new (...args: never[]) => TracePenalty): void {
  if (discovering) return;
  discovering = true;
  lookFor(regularizerClass);
  discoverObservers({
    observerOf(model) {
      if (configuredRegularizers(model).length === 0) return null;
      const steps = penalizedSteps(model);
      return steps.isObserving ? null : steps;
    },
    onCompile(model) {
      if (configuredRegularizers(model).length > 0) requireSecondOrder(model, configuredWeights(model));
    },
  });
}
