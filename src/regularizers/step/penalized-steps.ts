import type {Scalar} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {CompiledSteps} from '../../model/compiled-training/compiled-steps.js';
import {lastingModel} from '../../model/lasting-model.js';
import type {StepBatch, StepObserver} from '../../model/training-step.js';
import {observeCompile, observeSteps} from '../../model/training-step.js';
import {trainingModel} from '../../tfjs-internals/layers/model.js';
import {isDue} from '../trace-penalty.js';
import {requireSecondOrder} from '../traces/require-second-order.js';
import {StepTraces} from '../traces/step-traces.js';
import type {ConfiguredPenalties} from './configured-penalties.js';
import {configuredPenalties} from './configured-penalties.js';
import type {AttachedPenalty, PenalizedStepArgs} from './penalized-step.js';
import {PenalizedStep} from './penalized-step.js';
import {PenaltyBalance} from './penalty-balance.js';
import {StepJudge} from './step-judge.js';

/** The training steps of one model whose curvature is penalized, by attached regularizers or in layers' configurations. */
export class PenalizedSteps implements StepObserver {
  private readonly attached = new Set<AttachedPenalty>();
  private configured: ConfiguredPenalties | null = null;
  private stopObserving: (() => void) | null = null;
  /** How many steps there have been. */
  private steps = 0;
  /** The penalties that are due in the running step; `null` if there are none. */
  private due: Pick<PenalizedStepArgs, 'attached' | 'configured'> | null = null;
  /** The running step, until its forward pass has ended. */
  private step: PenalizedStep | null = null;
  /** Numbers of penalties. */
  private readonly ids = new Map<object, number>();
  /** The steps as one graph each. */
  private readonly compiled = new CompiledSteps('runs penalized steps with only the penalty compiled');
  readonly runner = this.compiled.run;
  /** The compiled functions of all these steps. */
  private readonly traces = new StepTraces();
  private readonly judge = new StepJudge();
  /** Warns if a penalty dwarfs the loss. */
  readonly balance = new PenaltyBalance();

  constructor(private readonly model: LayersModel) {}

  /**
   * Adds a penalty to all steps from now on.
   *
   * @param initialStep how many steps are done, if the optimizer does not know.
   * @returns what removes it.
   */
  attach(penalty: AttachedPenalty, initialStep: number): () => void {
    this.steps = Math.max(this.steps, initialStep);
    this.attached.add(penalty);
    this.balance.restart();
    this.observe();
    return () => {
      this.attached.delete(penalty);
      if (this.attached.size > 0) return;
      this.traces.dispose();
      this.compiled.dispose();
      if (this.configured !== null) return;
      this.stopObserving?.();
      this.stopObserving = null;
    };
  }

  /** Applies the penalties in the configuration of the model's layers from now on. */
  configure(configured: ConfiguredPenalties): void {
    this.configured = configured;
    this.balance.restart();
    this.observe();
  }

  onStepBegin(batch: StepBatch): void {
    // The optimizer's own count is saved with a model, so that probes and schedules continue when a training resumes.
    this.steps = Math.max(this.steps, trainingModel(this.model).optimizer_.iterations ?? 0) + 1;
    const attached = [...this.attached].filter(({penalty}) => isDue(penalty, this.steps));
    const configured = this.configured?.penalties.filter(({penalty}) => isDue(penalty, this.steps)) ?? [];
    this.due = attached.length + configured.length === 0 ? null : {attached, configured};
    if (this.due === null) return;
    this.judge.begin([...batch.inputs, ...batch.targets], attached.length);
    this.balance.before(this.stepOn(batch, this.due));
  }

  addedToLoss(): string | null {
    if (this.due === null) return null;
    const {attached, configured} = this.due;
    return [
      ...attached.map(each => `${this.idOf(each)} ${each.words}`),
      ...configured.map(each => this.idOf(each)),
    ].join(' + ');
  }

  onForwardBegin(batch: StepBatch): void {
    if (this.due === null) return;
    this.step = new PenalizedStep({...this.stepOn(batch, this.due), traces: this.traces});
  }

  aroundRegularizers(regularizers: () => Scalar[]): Scalar[] {
    if (this.step === null) return regularizers();
    const losses = this.step.aroundRegularizers(regularizers);
    this.endStep();
    return losses;
  }

  onStepEnd(): void {
    this.endStep();
    this.judge.end();
  }

  /** The programs of the compiled steps and penalties, as text. */
  explain(): string[] {
    return [
      ...this.compiled.explain().map(text => `Training step: ${text}`),
      ...this.traces.explain().map(text => `Penalty and its gradient: ${text}`),
    ];
  }

  async settled(): Promise<void> {
    await this.judge.settled();
    await this.balance.settled();
  }

  private stepOn(
    batch: StepBatch,
    due: Pick<PenalizedStepArgs, 'attached' | 'configured'>,
  ): Omit<PenalizedStepArgs, 'traces'> {
    return {
      ...due,
      model: this.model,
      batch,
      number: () => this.steps,
      leftOut: this.configured?.leftOut ?? [],
    };
  }

  private observe(): void {
    this.stopObserving ??= observeSteps(this.model, this);
  }

  private idOf(penalty: object): string {
    const id = this.ids.get(penalty) ?? this.ids.size;
    this.ids.set(penalty, id);
    return `penalty ${id}`;
  }

  private endStep(): void {
    this.step?.dispose();
    this.step = null;
  }
}

const stepsOf = new WeakMap<LayersModel, PenalizedSteps>();

/** The penalized steps of a model: one object for all that penalizes it. */
export function penalizedSteps(model: LayersModel): PenalizedSteps {
  const target = lastingModel(model);
  const steps = stepsOf.get(target) ?? new PenalizedSteps(target);
  stepsOf.set(target, steps);
  return steps;
}

/** The programs of a model's compiled penalized steps and penalties, as text. */
export function explainPenalties(model: LayersModel): string[] {
  return stepsOf.get(lastingModel(model))?.explain() ?? [];
}

/** Penalizes, from now on, each model that is compiled with a penalty in the configuration of a layer. */
export function penalizeConfiguredModels(): void {
  observeCompile(penalizeConfigured);
}

/** @throws UnsupportedKernelError, UnsupportedLayerError if the curvature of the model cannot be penalized. */
function penalizeConfigured(model: LayersModel): void {
  const configured = configuredPenalties(model);
  if (configured.penalties.length === 0) return;
  penalizedSteps(model).configure(configured);
  requireSecondOrder(model, configured.weights);
}
