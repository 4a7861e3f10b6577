import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import {type ModelInternals, publicModel, trainedVariables} from '../../tfjs-internals/layers/model.js';
import {nativeBackend} from '../../tfjs-internals/node/backend.js';
import {warn} from '../../warnings.js';
import type {StepRunner} from '../training-step.js';
import {CompiledStep} from './compiled-step.js';
import {forget, noteUse} from './live-steps.js';
import {notCompilable} from './not-compilable.js';

/** Steps that are kept: of a whole batch, of an epoch's last one, and a few more, with and without what is added to the loss. */
const MOST_STEPS = 16;

/** A kept step that has not run in as many steps makes room for a new one. */
const LONG_UNUSED = 200;

/** The compiled steps of one model: one for each shape of its batches, and for each selection of terms added to the loss. */
export class CompiledSteps {
  /** Ordered by last use. */
  private readonly steps = new Map<string, {readonly step: CompiledStep; usedAt: number}>();
  private count = 0;
  /** The loss functions that the steps were compiled with: compiling the model makes new ones. */
  private compiledWith: unknown = null;
  private refusal: string | null = null;
  /** Whether a warning has said that there are too many steps. */
  private isFull = false;

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
    if (compiled === null) return step(data);
    const outputs = compiled.run(step, data);
    if (compiled.refusal !== null) {
      this.dispose();
      this.refuse(model, compiled.refusal);
    }
    return outputs;
  };

  /** The programs as text. */
  explain(): string[] {
    return [...this.steps.values()].flatMap(({step}) => step.explain() ?? []);
  }

  dispose(): void {
    for (const {step} of this.steps.values()) {
      forget(step);
      step.dispose();
    }
    this.steps.clear();
  }

  /** @returns `null` if too many other steps are in use. */
  private stepFor(
    model: ModelInternals,
    variables: readonly Variable[],
    data: readonly (Tensor | null)[],
    added: string,
  ): CompiledStep | null {
    const weights = variables.map(({id, trainable}) => `${id}${trainable ? '' : ' frozen'}`).join();
    const shapes = data.map(tensor => (tensor === null ? '' : `${tensor.dtype}[${tensor.shape.join()}]`)).join(' ');
    const key = [weights, shapes, added].join('\n');
    const usedAt = ++this.count;
    const known = this.steps.get(key);
    if (known === undefined && !this.makeRoom(publicModel(model).name)) return null;
    this.steps.delete(key);
    const step = known?.step ?? this.newStep(model, variables);
    this.steps.set(key, {step, usedAt});
    noteUse(step, () => {
      step.dispose();
      this.steps.delete(key);
    });
    return step;
  }

  private newStep(model: ModelInternals, variables: readonly Variable[]): CompiledStep {
    const all = publicModel(model).weights.map(weight => weight.read() as Variable);
    const others = all.filter(variable => !variables.includes(variable));
    return new CompiledStep(model, variables, others);
  }

  /** Whether there is room for one more step. */
  private makeRoom(name: string): boolean {
    if (this.steps.size < MOST_STEPS) return true;
    const [[key, {step, usedAt}]] = [...this.steps] as [[string, {step: CompiledStep; usedAt: number}]];
    if (this.count - usedAt > LONG_UNUSED) {
      forget(step);
      step.dispose();
      return this.steps.delete(key);
    }
    if (!this.isFull) {
      warn(
        'slower',
        `Model "${name}" trains on batches of more than ${MOST_STEPS} sizes. Only steps of the first sizes are compiled; the others ` +
          'are plain ones. Pad the batches to few sizes.',
      );
    }
    this.isFull = true;
    return false;
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
