import type {Scalar} from '@tensorflow/tfjs-core';
import {LayersModel, Sequential} from '@tensorflow/tfjs-layers';
import {patch} from '../patch.js';
import {type Undo, undoAll} from '../undo.js';
import {type ModelInternals, publicModel} from './model.js';

/** Runs one training step on its data: inputs, targets, sample weights. */
export type TrainStep = ReturnType<ModelInternals['makeTrainFunction']>;

/** The methods of `LayersModel` that train. */
export type TrainingMethod = 'fit' | 'fitDataset' | 'trainOnBatch';

/** What the training of all models passes through. */
export interface TrainingHooks {
  /** A model makes its training step. Returns the step that runs. */
  step(model: ModelInternals, step: TrainStep): TrainStep;
  /** A forward pass has come to its regularizers. Returns the losses that are added to the data loss. */
  losses(model: ModelInternals, compute: () => Scalar[]): Scalar[];
  /** A model has been compiled. */
  compiled(model: LayersModel): void;
  /** A method that trains has been called. Returns its result. */
  train(
    model: LayersModel,
    method: TrainingMethod,
    args: readonly unknown[],
    run: () => Promise<unknown>,
  ): Promise<unknown>;
  /** A `Sequential` may have made itself a new functional model, which trains for it. */
  sequentialChanged(model: LayersModel): void;
}

type Trainer = Record<TrainingMethod, (...args: unknown[]) => Promise<unknown>>;

/** Replaces methods of the classes `LayersModel` and `Sequential`, so that all models' training passes through hooks. */
export function hookTraining(hooks: TrainingHooks): Undo {
  const prototype = LayersModel.prototype as unknown as ModelInternals & Trainer & Pick<LayersModel, 'compile'>;
  const {makeTrainFunction, calculateLosses, compile} = prototype;
  const sequential = Sequential.prototype as unknown as Trainer & Pick<Sequential, 'build'>;
  const {build, fit, fitDataset} = sequential;
  const throughHook = (method: TrainingMethod): Trainer[TrainingMethod] => {
    const train = prototype[method];
    return async function (this: ModelInternals, ...args) {
      return hooks.train(publicModel(this), method, args, () => train.apply(this, args));
    };
  };
  // A Sequential hands its work to the model inside it, and may have been compiled before.
  const noted = (train: Trainer[TrainingMethod]): Trainer[TrainingMethod] =>
    async function (this: Sequential, ...args) {
      hooks.sequentialChanged(this);
      return train.apply(this, args);
    };
  return undoAll([
    patch<ModelInternals & Trainer & Pick<LayersModel, 'compile'>>(prototype, {
      makeTrainFunction(this: ModelInternals) {
        return hooks.step(this, makeTrainFunction.call(this));
      },
      calculateLosses(this: ModelInternals) {
        return hooks.losses(this, () => calculateLosses.call(this));
      },
      compile(this: LayersModel, args) {
        compile.call(this, args);
        hooks.compiled(this);
      },
      fit: throughHook('fit'),
      fitDataset: throughHook('fitDataset'),
      trainOnBatch: throughHook('trainOnBatch'),
    }),
    patch<Trainer & Pick<Sequential, 'build'>>(sequential, {
      build(this: Sequential, inputShape) {
        build.call(this, inputShape);
        hooks.sequentialChanged(this);
      },
      fit: noted(fit),
      fitDataset: noted(fitDataset),
    }),
  ]);
}
