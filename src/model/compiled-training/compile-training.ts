import type {LayersModel} from '@tensorflow/tfjs-layers';
import {lastingModel} from '../lasting-model.js';
import {requireModel} from '../model-argument.js';
import {runStepsBy} from '../training-step.js';
import {CompiledSteps} from './compiled-steps.js';

/**
 * Lets a model train by compiled steps: `fit`, `fitDataset` and `trainOnBatch` run each step's forward pass, loss, metrics and
 * gradients as one TensorFlow graph. The update of TensorFlow.js' own optimizers is a second one, with the same bits.
 *
 * It works on the native engine; on others the model trains as before. The first step on batches of a new shape runs kernel
 * by kernel, the second one takes longer: it loads the graph. Weights and History are those of plain training up to float32's rounding,
 * and the same in each run; dropout's masks and the noise of noise layers are those of plain training. Models with layers,
 * losses or metrics of your own train as before, with a warning of code `slower`, unless their class or function has a property
 * `compilable` that is `true`; so do models with an optimizer that has a `minimize` of its own. A step with a penalty is one
 * graph too, on the native engine without this function as well.
 *
 * @returns a function that undoes it.
 * @throws InvalidArgumentError for what is not a model of tfjs-layers.
 * @example
 * const undo = compileTraining(model);
 * await model.fit(x, y, {epochs: 10});
 * undo();
 */
export function compileTraining(model: LayersModel): () => void {
  requireModel(model);
  const steps = new CompiledSteps('trains by plain steps');
  stepsOf.set(lastingModel(model), steps);
  const stop = runStepsBy(model, steps.run);
  return () => {
    stop();
    steps.dispose();
  };
}

const stepsOf = new WeakMap<LayersModel, CompiledSteps>();

/** The programs of a model's compiled steps, one for each shape of its batches, as text. */
export function explainCompiledSteps(model: LayersModel): string[] {
  return stepsOf.get(lastingModel(model))?.explain() ?? [];
}
