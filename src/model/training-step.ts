import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type ModelInternals, publicModel} from '../tfjs-internals/layers/model.js';
import {
  hookCompile,
  hookTraining,
  type TrainingHooks,
  type TrainStep,
} from '../tfjs-internals/layers/training-methods.js';
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
   * The forward pass has come to its data loss, on the tape.
   *
   * @param regularizers computes what is added to the data loss without this observer.
   * @returns all that is added to it.
   */
  aroundRegularizers?(regularizers: () => Scalar[]): Scalar[];
  /** After the weights have been updated, or something threw. */
  onStepEnd?(): void;
  /** `fit`, `fitDataset` and `trainOnBatch` wait for it at their end, and fail if it does. */
  settled?(): Promise<void>;
}

const observersOf = new WeakMap<object, Set<StepObserver>>();

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

/** Is told of a model that has been compiled. What it throws, `compile` throws. */
type CompileObserver = (model: LayersModel) => void;

const compileObservers = new Set<CompileObserver>();

/** Tells of each model that is compiled, from now on. */
export function observeCompile(observer: CompileObserver): void {
  watchCompile();
  compileObservers.add(observer);
}

let watchingCompile = false;

function watchCompile(): void {
  if (watchingCompile) return;
  watchingCompile = true;
  hookCompile({
    compiled(model) {
      for (const observer of compileObservers) observer(model);
    },
    sequentialBuilt: noteTrainingModel,
  });
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
  watchCompile();
  hookTraining({
    step: (model, step) => data => observedStep(model, step, data),
    losses(model, compute) {
      const observers = current?.model === model ? current.observers : [];
      return observers.reduce<() => Scalar[]>(
        (regularizers, observer) => () => observer.aroundRegularizers?.(regularizers) ?? regularizers(),
        compute,
      )();
    },
    train: watchedTraining,
    sequentialTrains: noteTrainingModel,
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

function observersOfModel(model: LayersModel): readonly StepObserver[] {
  return [...(observersOf.get(lastingModel(model)) ?? [])];
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
