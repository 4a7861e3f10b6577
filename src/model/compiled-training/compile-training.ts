import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type ModelInternals, publicModel, trainedVariables} from '../../tfjs-internals/layers/model.js';
import type {TrainStep} from '../../tfjs-internals/layers/training-methods.js';
import {nativeBackend} from '../../tfjs-internals/node/backend.js';
import {warn} from '../../warnings.js';
import {lastingModel} from '../lasting-model.js';
import {requireModel} from '../model-argument.js';
import {runStepsBy} from '../training-step.js';
import {CompiledStep} from './compiled-step.js';
import {notCompilable} from './not-compilable.js';

/**
 * Lets a model train by compiled steps: `fit`, `fitDataset` and `trainOnBatch` run each step's forward pass, loss, metrics and
 * gradients as one TensorFlow graph. The optimizer stays TensorFlow.js' own.
 *
 * It works on the native engine; on others the model trains as before. The first step on batches of a new shape runs as it is,
 * the second one takes longer: it loads the graph. Weights and History are those of plain training up to float32's rounding,
 * and the same in each run; dropout's masks are those of plain training. These train as before, with a warning of code
 * `slower`: models with noise layers, with stateful layers, or with layers, losses or metrics of your own, unless their class
 * or function has a property `compilable` that is `true`. So do steps with a penalty, which is compiled in any case.
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
  const steps = new CompiledSteps();
  stepsOf.set(lastingModel(model), steps);
  const stop = runStepsBy(model, (training, step, data) => steps.run(training, step, data));
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

/** Steps that are kept: of a whole batch, of an epoch's last one, and a few more. */
const MOST_STEPS = 8;

/** The compiled steps of one model, one for each shape of its batches. */
class CompiledSteps {
  private readonly steps = new Map<string, CompiledStep>();
  /** The loss functions that the steps were compiled with: compiling the model makes new ones. */
  private compiledWith: unknown = null;
  private refusal: string | null = null;

  run(model: ModelInternals, step: TrainStep, data: (Tensor | null)[]): (Tensor | null)[] {
    if (nativeBackend() === null) return step(data);
    const variables = trainedVariables(model);
    if (this.compiledWith !== model.lossFunctions) {
      this.dispose();
      this.compiledWith = model.lossFunctions;
      this.refuse(model, notCompilable(publicModel(model)));
    }
    if (this.refusal !== null) return step(data);
    const compiled = this.stepFor(model, variables, data);
    const outputs = compiled.run(step, data);
    if (compiled.refusal !== null) {
      this.dispose();
      this.refuse(model, compiled.refusal);
    }
    return outputs;
  }

  explain(): string[] {
    return [...this.steps].flatMap(([, step]) => step.explain() ?? []);
  }

  dispose(): void {
    for (const step of this.steps.values()) step.dispose();
    this.steps.clear();
  }

  private stepFor(
    model: ModelInternals,
    variables: readonly Variable[],
    data: readonly (Tensor | null)[],
  ): CompiledStep {
    const shapes = data.map(tensor => (tensor === null ? '' : `${tensor.dtype}[${tensor.shape.join()}]`));
    const key = [variables.map(({id}) => id).join(), ...shapes].join(' ');
    let compiled = this.steps.get(key);
    if (compiled === undefined) {
      if (this.steps.size >= MOST_STEPS) this.dispose();
      const all = publicModel(model).weights.map(weight => weight.read() as Variable);
      compiled = new CompiledStep(
        model,
        variables,
        all.filter(variable => !variables.includes(variable)),
      );
      this.steps.set(key, compiled);
    }
    return compiled;
  }

  private refuse(model: ModelInternals, reason: string | null): void {
    this.refusal = reason;
    if (reason === null) return;
    warn(
      'slower',
      `Model "${publicModel(model).name}" trains by plain steps, since its step cannot be compiled: ${reason}.`,
    );
  }
}
