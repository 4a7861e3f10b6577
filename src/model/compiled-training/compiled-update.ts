import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {CompiledFunction} from '../../kernels/compiled-function.js';
import {DistinctTensors} from '../../kernels/distinct-tensors.js';
import {holdTensor} from '../../tfjs-internals/core/tensors.js';
import {applyGradients} from '../../tfjs-internals/layers/model.js';
import {optimizerParts} from '../../tfjs-internals/layers/optimizer.js';

/** The number of updates with the same settings after which compiling one pays. With a learning rate that changes in each step, it never does. */
const STEADY = 4;

/**
 * The update of a model's weights by its optimizer, as a compiled function of gradients, weights and the optimizer's variables,
 * with the bits of the optimizer's own code. On a GPU, most of a compiled step's time would be the start of that code's many
 * small kernels. Optimizers of the user's own run as they are.
 */
export class CompiledUpdate {
  private fn = new CompiledFunction('at once');
  /** Settings and variables that the function was compiled for. */
  private key = '';
  private unchanged = 0;
  /** The variables that an update assigns, in the order of the function's outputs. */
  private moved: readonly Variable[] = [];

  constructor(private readonly model: LayersModel) {}

  /** @param gradients one for each variable; `undefined` where the loss does not depend on it. */
  apply(variables: readonly Variable[], gradients: readonly (Tensor | undefined)[]): void {
    const plain = () =>
      applyGradients(
        this.model,
        variables.map(({name}, i) => ({name, tensor: gradients[i]})),
      );
    const parts = optimizerParts(this.model);
    if (parts === null || !this.isSteady(parts.settings, [...variables, ...parts.states], gradients)) {
      plain();
      return;
    }
    const moving = [...variables.filter((_, i) => gradients[i] !== undefined), ...parts.states];
    const given = new DistinctTensors();
    for (const gradient of gradients) if (gradient !== undefined) given.place(gradient);
    const before = moving.map(({dataId}) => dataId);
    const held = moving.map(holdTensor);
    try {
      let own: readonly Tensor[] | null = null;
      const outputs = this.fn.call([...held, ...given.tensors], () => {
        plain();
        this.moved = moving.filter((variable, i) => variable.dataId !== before[i]);
        own = [...this.moved];
        return own;
      });
      // An update that ran as it is has assigned them itself.
      if (outputs !== own) for (const [i, variable] of this.moved.entries()) variable.assign(outputs[i]!);
      if (own === null) parts.count();
    } finally {
      for (const tensor of held) tensor.dispose();
    }
  }

  /** The compiled update as text; `null` before it has been compiled. */
  explain(): string | null {
    return this.fn.explain();
  }

  dispose(): void {
    this.fn.dispose();
  }

  private isSteady(
    settings: string,
    variables: readonly Variable[],
    gradients: readonly (Tensor | undefined)[],
  ): boolean {
    const key = [settings, variables.map(({id}) => id), gradients.map(gradient => (gradient ? 1 : 0))].join(' ');
    if (key !== this.key) {
      this.key = key;
      this.unchanged = 0;
      this.fn.dispose();
      this.fn = new CompiledFunction('at once');
    }
    return ++this.unchanged > STEADY;
  }
}
