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

/** The data of a training step. The step owns the tensors and disposes of them. */
export interface StepBatch {
  readonly inputs: readonly Tensor[];
  readonly targets: readonly Tensor[];
  /** One for each output, `null` for an output without them. */
  readonly sampleWeights: readonly (Tensor | null)[];
}

/** Takes part in the training steps of a model. */
export interface StepObserver {
  /** Is called before the step. */
  onStepBegin?(batch: StepBatch): void;
  /**
   * What it adds to the loss of this step, in words; `null` for nothing. Steps to which the same is added run the same ops on
   * batches of one shape. An observer with `aroundRegularizers` needs it.
   */
  addedToLoss?(): string | null;
  /** Is called before the forward pass. A compiled step calls it only when it runs kernel by kernel, to be recorded. */
  onForwardBegin?(batch: StepBatch): void;
  /** Runs the steps to whose loss it adds, unless the model has another runner. */
  readonly runner?: StepRunner;
  /**
   * Is called, on the tape, after the data loss, in place of the regularizers.
   *
   * @param regularizers computes the terms that are added to the data loss without this observer.
   * @returns all terms that are added to the data loss.
   */
  aroundRegularizers?(regularizers: () => Scalar[]): Scalar[];
  /** Is called after the weights have been updated, or after an error. */
  onStepEnd?(): void;
  /** `fit`, `fitDataset` and `trainOnBatch` wait for it before they return, and fail if it fails. */
  settled?(): Promise<void>;
}

const observersOf = new WeakMap<object, Set<StepObserver>>();

/**
 * Adds an observer to all training steps of a model, by `fit`, `fitDataset` or `trainOnBatch`.
 *
 * @returns a function that removes it.
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

/** Is called with each model that has been compiled. If it throws, `compile` throws the same error. */
type CompileObserver = (model: LayersModel) => void;

const compileObservers = new Set<CompileObserver>();

/** From now on, calls an observer with each model that is compiled. */
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
 * Makes the training steps of all models report to their observers.
 *
 * `fit` makes its step before it tells its callbacks their model, so the methods of the class are replaced. A model without
 * observers runs its step as it is.
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

/** Checks the callbacks of a fit before the fit begins. It may throw. */
type CallbackCheck = (callbacks: readonly unknown[]) => void;

const callbackChecks = new Set<CallbackCheck>();

/** Checks the callbacks of each `fit` and `fitDataset`. If the check throws, they throw the same error. */
export function checkCallbacks(check: CallbackCheck): void {
  watchTrainingSteps();
  callbackChecks.add(check);
}

/** The index of the argument with the options that may hold callbacks, for each method that trains. */
const OPTIONS_AT = {fit: 2, fitDataset: 1, trainOnBatch: null} as const;

/** Checks the callbacks before a method trains, and waits for all observers at the end. */
const watchedTraining: TrainingHooks['train'] = async (model, method, args, run) => {
  const at = OPTIONS_AT[method];
  if (at !== null) checkOptions(args[at] as {callbacks?: unknown} | undefined);
  const result = await run();
  for (const observer of observersOfModel(model)) await observer.settled?.();
  return result;
};

function checkOptions(args: {callbacks?: unknown} | undefined): void {
  const callbacks = args?.callbacks;
  if (Array.isArray(callbacks)) for (const check of callbackChecks) check(callbacks);
}

function observersOfModel(model: LayersModel): readonly StepObserver[] {
  return [...(observersOf.get(lastingModel(model)) ?? [])];
}

/**
 * Runs a model's training step in another way than the step itself does, with the same results.
 *
 * @param added what observers add to the loss, in words.
 */
export type StepRunner = (
  model: ModelInternals,
  step: TrainStep,
  data: (Tensor | null)[],
  added: string,
) => (Tensor | null)[];

const runnerOf = new WeakMap<object, StepRunner>();

/**
 * Runs a model's training steps by a runner.
 *
 * @returns a function that ends that.
 */
export function runStepsBy(model: LayersModel, runner: StepRunner): () => void {
  watchTrainingSteps();
  noteTrainingModel(model);
  const target = lastingModel(model);
  runnerOf.set(target, runner);
  return () => {
    if (runnerOf.get(target) === runner) runnerOf.delete(target);
  };
}

let suspended = false;

/** Runs a model's step only for its loss: the observers are not called. */
export function withoutObservers<T>(body: () => T): T {
  const before = suspended;
  suspended = true;
  try {
    return body();
  } finally {
    suspended = before;
  }
}

/** The running step. Steps are synchronous and do not nest. */
let current: {model: ModelInternals; observers: readonly StepObserver[]} | null = null;

function observedStep(model: ModelInternals, step: TrainStep, data: (Tensor | null)[]): (Tensor | null)[] {
  if (suspended) return step(data);
  const observers = observersOfModel(publicModel(model));
  const runner = runnerOf.get(lastingModel(publicModel(model)));
  if (observers.length === 0) return runner?.(model, step, data, '') ?? step(data);
  const inputs = model.inputNames.length;
  const outputs = model.outputNames.length;
  const targets = data.slice(inputs, inputs + outputs) as Tensor[];
  const batch: StepBatch = {
    inputs: data.slice(0, inputs) as Tensor[],
    targets,
    sampleWeights: targets.map((_, i) => data[inputs + outputs + i] ?? null),
  };
  const observed: TrainStep = given => {
    for (const observer of observers) observer.onForwardBegin?.(batch);
    return step(given);
  };
  current = {model, observers};
  try {
    for (const observer of observers) observer.onStepBegin?.(batch);
    const adding = observers.flatMap(({addedToLoss, runner}, i) => {
      const added = addedToLoss?.call(observers[i]) ?? null;
      return added === null ? [] : {added, runner};
    });
    const run = runner ?? adding.find(each => each.runner)?.runner;
    return run?.(model, observed, data, adding.map(({added}) => added).join(' + ')) ?? observed(data);
  } finally {
    current = null;
    for (const observer of observers) observer.onStepEnd?.();
  }
}
