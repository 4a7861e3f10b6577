import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import {type ModelInternals, publicModel, trainedVariables} from '../../tfjs-internals/layers/model.js';
import {nativeBackend} from '../../tfjs-internals/node/backend.js';
import {warn} from '../../warnings.js';
import type {StepRunner} from '../training-step.js';
import {CompiledStep} from './compiled-step.js';
import {notCompilable} from './not-compilable.js';

/** Steps that are kept: of a whole batch, of an epoch's last one, and a few more, with and without what is added to the loss. */
const MOST_STEPS = 16;

/** The compiled steps of one model: one for each shape of its batches, and for each selection of terms added to the loss. */
export class CompiledSteps {
  private readonly steps = new Map<string, CompiledStep>();
  /** The loss functions that the steps were compiled with: compiling the model makes new ones. */
  private compiledWith: unknown = null;
  private refusal: string | null = null;

  /** @param otherwise what a model does whose step cannot be compiled, for a message. */
  constructor(private readonly otherwise: string) {}

  readonly run: StepRunner = (model, step, data, added) => {
    if (nativeBackend() === null) return step(data);
    if (this.compiledWith !== model.lossFunctions) {
      this.dispose();
      this.compiledWith = model.lossFunctions;
      this.refuse(model, notCompilable(publicModel(model)));
    }
    const variables = trainedVariables(model);
    if (this.refusal !== null || !variables.some(({trainable}) => trainable)) return step(data);
    const compiled = this.stepFor(model, variables, data, added);
    const outputs = compiled.run(step, data);
    if (compiled.refusal !== null) {
      this.dispose();
      this.refuse(model, compiled.refusal);
    }
    return outputs;
  };

  /** The programs as text. */
  explain(): string[] {
    return [...this.steps.values()].flatMap(step => step.explain() ?? []);
  }

  dispose(): void {
    for (const step of this.steps.values()) step.dispose();
    this.steps.clear();
  }

  private stepFor(
    model: ModelInternals,
    variables: readonly Variable[],
    data: readonly (Tensor | null)[],
    added: string,
  ): CompiledStep {
    const weights = variables.map(({id, trainable}) => `${id}${trainable ? '' : ' frozen'}`).join();
    const shapes = data.map(tensor => (tensor === null ? '' : `${tensor.dtype}[${tensor.shape.join()}]`)).join(' ');
    const key = [weights, shapes, added].join('\n');
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
      `Model "${publicModel(model).name}" ${this.otherwise}, since its step cannot be compiled: ${reason}.`,
    );
  }
}
