import type {Scalar, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Slot} from '../autodiff/recording.js';
import {Recorder} from '../autodiff/recording.js';
import {innerLayers, trainingModel} from '../model/layers-internals.js';
import type {RunningLayer} from '../model/running-layer.js';
import {watchRunningLayer} from '../model/running-layer.js';
import type {StepObserver} from '../model/training-step.js';
import {discoverObservers, observeSteps} from '../model/training-step.js';
import {deriveSeed} from '../random.js';
import type {HessianTraceRegularizer} from './hessian-trace-regularizer.js';
import {traceOnTape} from './trace-probe.js';

/** Something that adds to the loss of a model's training steps. */
export interface Penalty {
  /** Whether the coming step, the n-th of this model's (from 1), is one that it adds to. */
  isDue(step: number): boolean;
  /** What it adds, on the tape. */
  compute(step: PenalizedStep): Scalar | null;
  /** The step is over; what it kept is still there. */
  onStepEnd?(): void;
}

/**
 * The training steps of one model of which something penalizes the curvature.
 *
 * A step records its own forward pass, as far as the data loss; the penalties push jets through that recording.
 */
export class PenalizedStep implements StepObserver {
  private readonly penalties = new Set<Penalty>();
  private stopObserving: (() => void) | null = null;
  /** How many steps this model has begun since something penalized it. */
  private count = 0;
  private recorder: Recorder | null = null;
  private runningLayer: RunningLayer | null = null;
  private dataLoss: Slot | null = null;
  private readonly penalized = new Map<HessianTraceRegularizer, Set<Variable>>();

  constructor(private readonly model: LayersModel) {}

  /** Whether something attached has it take part in every step. */
  get isObserving(): boolean {
    return this.stopObserving !== null;
  }

  get number(): number {
    return this.count;
  }

  add(penalty: Penalty): () => void {
    this.penalties.add(penalty);
    this.stopObserving ??= observeSteps(this.model, this);
    return () => {
      this.penalties.delete(penalty);
      if (this.penalties.size > 0) return;
      this.stopObserving?.();
      this.stopObserving = null;
    };
  }

  onStepBegin(): void {
    this.count++;
    if (!this.configured().some(regularizer => isDue(regularizer, this.count))) {
      if (![...this.penalties].some(penalty => penalty.isDue(this.count))) return;
    }
    this.runningLayer = watchRunningLayer(this.model);
    this.recorder = new Recorder(this.runningLayer.name);
    running = this;
  }

  onDataLoss(): Scalar[] {
    if (this.recorder === null) return [];
    // The step calls for its regularizers right after it has averaged its losses.
    this.dataLoss = this.recorder.recording.calls.at(-1)!.outputs[0]!;
    return this.recorder.pause(() =>
      [...this.penalties]
        .filter(penalty => penalty.isDue(this.count))
        .map(penalty => penalty.compute(this))
        .filter(scalar => scalar !== null),
    );
  }

  onForwardEnd(): void {
    this.release();
  }

  onStepEnd(): void {
    this.release();
    for (const penalty of this.penalties) penalty.onStepEnd?.();
  }

  /** strength × the trace of the Hessian in some variables, on the tape; `null` where it is zero. */
  penalize(
    regularizer: HessianTraceRegularizer,
    variables: readonly Variable[],
    purpose: number | string,
  ): Scalar | null {
    const {strength, probes, distribution, every, seed} = regularizer;
    const trace = traceOnTape(this.recorder!, this.dataLoss!, variables, {
      probes,
      distribution,
      seed: deriveSeed(seed, this.count, purpose),
    });
    return trace && this.recorder!.pause(() => tf.mul(trace, strength * every));
  }

  /** The penalty on one weight's block, once a step: tfjs-layers asks once for each place that the layer stands in. */
  penalizeWeight(regularizer: HessianTraceRegularizer, weight: Variable): Scalar {
    const nothing = () => this.recorder!.pause(() => tf.scalar(0));
    const done = this.penalized.get(regularizer) ?? new Set();
    if (!isDue(regularizer, this.count) || done.has(weight)) return nothing();
    this.penalized.set(regularizer, done.add(weight));
    const place = this.model.trainableWeights.findIndex(candidate => candidate.read() === weight);
    return (place < 0 ? null : this.penalize(regularizer, [weight], `weight ${place}`)) ?? nothing();
  }

  private release(): void {
    this.recorder?.stop().release();
    this.runningLayer?.release();
    this.recorder = null;
    this.runningLayer = null;
    this.dataLoss = null;
    this.penalized.clear();
    if (running === this) running = null;
  }

  private configured(): readonly HessianTraceRegularizer[] {
    return findConfigured?.(this.model) ?? [];
  }
}

export function isDue({strength, every}: HessianTraceRegularizer, step: number): boolean {
  return strength !== 0 && step % every === 0;
}

/** The step whose forward pass is running. */
let running: PenalizedStep | null = null;

export function runningStep(): PenalizedStep | null {
  return running;
}

const steps = new WeakMap<object, PenalizedStep>();

/** The penalized steps of a model: one for all that penalizes it. */
export function penalizedSteps(model: LayersModel): PenalizedStep {
  const target = trainingModel(model);
  let step = steps.get(target);
  if (step === undefined) {
    step = new PenalizedStep(target as unknown as LayersModel);
    steps.set(target, step);
  }
  return step;
}

let findConfigured: ((model: LayersModel) => readonly HessianTraceRegularizer[]) | null = null;

/** Watches for models in whose layers' configuration a regularizer of this class stands. */
export function discoverPenalties(regularizerClass: new (...args: never[]) => HessianTraceRegularizer): void {
  if (findConfigured !== null) return;
  const found = new WeakMap<LayersModel, readonly HessianTraceRegularizer[]>();
  findConfigured = model => {
    let regularizers = found.get(model);
    if (regularizers === undefined) {
      regularizers = configuredIn(model, regularizerClass);
      found.set(model, regularizers);
    }
    return regularizers;
  };
  discoverObservers(model => {
    if (findConfigured!(model).length === 0) return null;
    const step = penalizedSteps(model);
    return step.isObserving ? null : step;
  });
}

/** The regularizers of a class that stand in the configuration of a model's layers, their cells and wrapped layers. */
function configuredIn<R>(model: LayersModel, regularizerClass: new (...args: never[]) => R): R[] {
  const found = new Set<R>();
  const seen = new Set<object>();
  const visit = (layer: object) => {
    if (seen.has(layer)) return;
    seen.add(layer);
    for (const value of Object.values(layer).flat()) {
      if (value instanceof regularizerClass) found.add(value);
      else if (value instanceof tf.serialization.Serializable && 'trainableWeights' in value) visit(value);
    }
    for (const inner of innerLayers(layer as never) ?? []) visit(inner);
  };
  visit(model);
  return [...found];
}
