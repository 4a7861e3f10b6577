import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type ModelInternals, publicModel} from '../tfjs-internals/layers/model.js';
import {hookTraining, type TrainingHooks, type TrainStep} from '../tfjs-internals/layers/training-methods.js';
import {lastingModel, noteTrainingModel} from './lasting-model.js';

/** The data of a step as the step itself takes it; the tensors are the step's own and go with it. */
export interface StepBatch {
  readonly inputs: readonly Tensor[];
  readonly targets: readonly Tensor[];
  /** One an output, `null` where it has none. */
  readonly sampleWeights: readonly (Tensor | null)[];
}

/** What wants to take part in a model's training steps. */
export interface StepObserver {
  /** Before the forward pass. */
  onStepBegin?(batch: StepBatch): void;
  /**
   * The forward pass has come to its data loss, on the tape; regularizers are about to run.
   *
   * @returns what is added to the loss that the step minimizes.
   */
  onDataLoss?(): Scalar[];
  /**
   * After the other regularizers have run: the forward pass is over.
   *
   * @returns what else is added to the loss.
   */
  onForwardEnd?(): Scalar[];
  /** After the weights have been updated, or something threw. */
  onStepEnd?(): void;
  /** `fit`, `fitDataset` and `trainOnBatch` wait for it at their end, and fail if it does. */
  settled?(): Promise<void>;
}

const observersOf = new WeakMap<object, Set<StepObserver>>();

/** What finds observers for a model that nobody has named: a regularizer that stands in a layer's configuration. */
export interface Discoverer {
  /** Is asked at each step of any model; the answer should be quick. */
  observerOf(model: LayersModel): StepObserver | null;
  /** A model has been compiled, and may be refused: what this throws, `compile` throws. */
  onCompile(model: LayersModel): void;
}

const discoverers = new Set<Discoverer>();

/**
 * Takes part in every training step of a model, by `fit`, `fitDataset` or `trainOnBatch`.
 *
 * @returns what ends that.
 */
export function observeSteps(model: LayersModel, observer: StepObserver): () => void {
  watchTrainingSteps();
  noteTrainingModel(model);
  const target = lastingModel(model);
  const observers = observersOf.get(target) ?? new Set();
  observersOf.set(target, observers);
  observers.add(observer);
  return () => {
    observers.delete(observer);
    if (observers.size === 0) observersOf.delete(target);
  };
}

/** Takes part, from now on, in the steps of all models in which a discoverer finds something. */
export function discoverObservers(discoverer: Discoverer): void {
  watchTrainingSteps();
  discoverers.add(discoverer);
}

let watching = false;

/**
 * Lets the training steps of all models pass through here.
 *
 * `fit` makes its step before it tells its callbacks which model they are on, so the place to stand in is the class. It
 * is taken when the first callback or regularizer is made, and a model that has none runs its step as it is.
 */
export function watchTrainingSteps(): void {
  if (watching) return;
  watching = true;
  hookTraining({
    step: (model, step) => data => observedStep(model, step, data),
    losses(model, compute) {
      const observers = current?.model === model ? current.observers : [];
      const added = observers.flatMap(observer => observer.onDataLoss?.() ?? []);
      const losses = compute();
      return [...losses, ...added, ...observers.flatMap(observer => observer.onForwardEnd?.() ?? [])];
    },
    compiled(model) {
      for (const discoverer of discoverers) discoverer.onCompile(model);
    },
    train: watchedTraining,
    sequentialChanged: noteTrainingModel,
  });
}

/** What looks at the callbacks of a fit before it begins, and may throw. */
type CallbackCheck = (callbacks: readonly unknown[]) => void;

const callbackChecks = new Set<CallbackCheck>();

/** Has the list of callbacks of every `fit` and `fitDataset` looked at: what a check throws, they throw. */
export function checkCallbacks(check: CallbackCheck): void {
  watchTrainingSteps();
  callbackChecks.add(check);
}

/** How a model trains, and where in the arguments the options stand that may hold callbacks. */
const OPTIONS_AT = {fit: 2, fitDataset: 1, trainOnBatch: null} as const;

/** Has callbacks looked at before a method trains, and lets it end when all who take part in its steps have nothing more to say. */
const watchedTraining: TrainingHooks['train'] = async (model, method, args, run) => {
  const at = OPTIONS_AT[method];
  if (at !== null) look(args[at] as {callbacks?: unknown} | undefined);
  const result = await run();
  for (const observer of observersOfModel(model)) await observer.settled?.();
  return result;
};

function look(args: {callbacks?: unknown} | undefined): void {
  const callbacks = args?.callbacks;
  if (Array.isArray(callbacks)) for (const check of callbackChecks) check(callbacks);
}

function observersOfModel(model: LayersModel): StepObserver[] {
  const observers = [...(observersOf.get(lastingModel(model)) ?? [])];
  for (const discoverer of discoverers) {
    const found = discoverer.observerOf(model);
    if (found !== null) observers.push(found);
  }
  return observers;
}

let suspended = false;

/** Runs a model's step for its loss alone: nobody who takes part in training is told. */
export function withoutObservers<T>(body: () => T): T {
  const before = suspended;
  suspended = true;
  try {
    return body();
  } finally {
    suspended = before;
  }
}

/** The step that is running; steps are synchronous, and do not nest. */
let current: {model: ModelInternals; observers: readonly StepObserver[]} | null = null;

function observedStep(model: ModelInternals, step: TrainStep, data: (Tensor | null)[]): (Tensor | null)[] {
  if (suspended) return step(data);
  const observers = observersOfModel(publicModel(model));
  if (observers.length === 0) return step(data);
  const inputs = model.inputNames.length;
  const outputs = model.outputNames.length;
  const targets = data.slice(inputs, inputs + outputs) as Tensor[];
  const batch: StepBatch = {
    inputs: data.slice(0, inputs) as Tensor[],
    targets,
    sampleWeights: targets.map((_, i) => data[inputs + outputs + i] ?? null),
  };
  current = {model, observers};
  try {
    for (const observer of observers) observer.onStepBegin?.(batch);
    return step(data);
  } finally {
    current = null;
    for (const observer of observers) observer.onStepEnd?.();
  }
}
