import type {Scalar} from '@tensorflow/tfjs-core';
import {LayersModel, Sequential} from '@tensorflow/tfjs-layers';
import {patch} from '../patch.js';
import {type Undo, undoAll} from '../undo.js';
import {type ModelInternals, publicModel} from './model.js';

/** Runs one training step on its data: inputs, targets, sample weights. */
export type TrainStep = ReturnType<ModelInternals['makeTrainFunction']>;

/** The methods of `LayersModel` that train. */
export type TrainingMethod = 'fit' | 'fitDataset' | 'trainOnBatch';

/** Functions that the training of all models calls. */
export interface TrainingHooks {
  /** Is called when a model makes its training step. Returns the step to run. */
  step(model: ModelInternals, step: TrainStep): TrainStep;
  /** Is called in place of the regularizers. Returns the losses that are added to the data loss. */
  losses(model: ModelInternals, compute: () => Scalar[]): Scalar[];
  /** Is called in place of a method that trains. Returns its result. */
  train(
    model: LayersModel,
    method: TrainingMethod,
    args: readonly unknown[],
    run: () => Promise<unknown>,
  ): Promise<unknown>;
  /** Is called before a `Sequential` trains with the functional model inside it. */
  sequentialTrains(model: LayersModel): void;
}

/** Functions that the compilation of all models calls. */
export interface CompileHooks {
  /** Is called after a model has been compiled; for a `Sequential`, with the functional model inside it. */
  compiled(model: LayersModel): void;
  /** Is called after a `Sequential` has made a new functional model inside itself. */
  sequentialBuilt(model: LayersModel): void;
}

type Trainer = Record<TrainingMethod, (...args: unknown[]) => Promise<unknown>>;

/** Replaces methods of `LayersModel` and `Sequential`, so that the training of all models calls the hooks. */
export function hookTraining(hooks: TrainingHooks): Undo {
  const prototype = LayersModel.prototype as unknown as ModelInternals & Trainer;
  const {makeTrainFunction, calculateLosses} = prototype;
  const sequential = Sequential.prototype as unknown as Trainer;
  const {fit, fitDataset} = sequential;
  const throughHook = (method: TrainingMethod): Trainer[TrainingMethod] => {
    const train = prototype[method];
    return async function (this: ModelInternals, ...args) {
      return hooks.train(publicModel(this), method, args, () => train.apply(this, args));
    };
  };
  // A Sequential hands its work to the model inside it, and may have been compiled before.
  const noted = (train: Trainer[TrainingMethod]): Trainer[TrainingMethod] =>
    async function (this: Sequential, ...args) {
      hooks.sequentialTrains(this);
      return train.apply(this, args);
    };
  return undoAll([
    patch<ModelInternals & Trainer>(prototype, {
      makeTrainFunction(this: ModelInternals) {
        return hooks.step(this, makeTrainFunction.call(this));
      },
      calculateLosses(this: ModelInternals) {
        return hooks.losses(this, () => calculateLosses.call(this));
      },
      fit: throughHook('fit'),
      fitDataset: throughHook('fitDataset'),
      trainOnBatch: throughHook('trainOnBatch'),
    }),
    patch<Trainer>(sequential, {fit: noted(fit), fitDataset: noted(fitDataset)}),
  ]);
}

/** Replaces `LayersModel.compile` and `Sequential.build`, so that the compilation of all models calls the hooks. */
export function hookCompile(hooks: CompileHooks): Undo {
  const model: Pick<LayersModel, 'compile'> = LayersModel.prototype;
  const sequential: Pick<Sequential, 'build'> = Sequential.prototype;
  const {compile} = model;
  const {build} = sequential;
  return undoAll([
    patch(model, {
      compile(this: LayersModel, args) {
        compile.call(this, args);
        hooks.compiled(this);
      },
    }),
    patch(sequential, {
      build(this: Sequential, inputShape) {
        build.call(this, inputShape);
        hooks.sequentialBuilt(this);
      },
    }),
  ]);
}
