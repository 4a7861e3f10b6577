import type {LayersModel} from '@tensorflow/tfjs-layers';
import {explainCompiledSteps} from '../model/compiled-training/compile-training.js';
import {requireModel} from '../model/model-argument.js';
import {explainPenalties} from './step/penalized-steps.js';

/**
 * The programs that a model's training steps run as compiled functions, as text: a line an op, with the shapes. These are the
 * steps of `compileTraining` and those with a `HessianTraceRegularizer`, one program for each shape of a batch, and penalties
 * that are compiled without their step. If there are none, the text says how to get them.
 *
 * @throws InvalidArgumentError for what is not a model of tfjs-layers.
 * @example
 * const undo = compileTraining(model);
 * await model.fit(x, y);
 * console.log(explainStep(model));
 */
export function explainStep(model: LayersModel): string {
  requireModel(model);
  const programs = [...explainCompiledSteps(model).map(text => `Training step: ${text}`), ...explainPenalties(model)];
  if (programs.length > 0) return programs.join('\n\n');
  return (
    `Model "${model.name}" has no compiled step. On the native engine, call compileTraining(model) or attach a ` +
    'HessianTraceRegularizer, and train for two steps on batches of one shape.'
  );
}
