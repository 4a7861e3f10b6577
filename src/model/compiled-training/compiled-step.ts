import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {fasterGradientsUnnoticed} from '../../autodiff/gradients/faster-gradients.js';
import {CompiledFunction} from '../../kernels/compiled-function.js';
import {DistinctTensors} from '../../kernels/distinct-tensors.js';
import {valueAndGradients} from '../../tfjs-internals/core/tape.js';
import {holdTensor, intoScope} from '../../tfjs-internals/core/tensors.js';
import {applyGradients, type ModelInternals, publicModel, replaceStepParts} from '../../tfjs-internals/layers/model.js';
import type {TrainStep} from '../../tfjs-internals/layers/training-methods.js';
import {undoAll} from '../../tfjs-internals/undo.js';
import {type Drawn, type Draws, draw, watchDraws, withDrawn} from './random-draws.js';

/** Where the results of a step are among the compiled function's outputs. */
interface Results {
  /** The loss and the metrics, in the order of the step's own result. */
  readonly reported: readonly number[];
  /** One for each variable; `null` where the loss does not depend on it. */
  readonly gradients: readonly (number | null)[];
  /** The new values of weights that the forward pass itself moves, such as moving averages. */
  readonly moved: readonly (readonly [Variable, number])[];
}

/**
 * A model's training step on batches of one shape, as a compiled function of the weights, the batch and the random numbers of
 * dropout: the loss, the metrics, the gradients, and the new values of moving averages. The optimizer stays as it is.
 *
 * The first step runs as it is, and shows what it draws. The second one is recorded.
 */
export class CompiledStep {
  private readonly fn = new CompiledFunction('at once');
  private results: Results | null = null;
  /** What the step draws; `null` before its first run. */
  private draws: Draws | null = null;
  /** Why the step cannot be compiled, once that is known. */
  refusal: string | null = null;

  constructor(
    private readonly model: ModelInternals,
    /** The weights that the optimizer moves. */
    private readonly variables: readonly Variable[],
    /** The weights that the forward pass may move. */
    private readonly others: readonly Variable[],
  ) {}

  /** Runs the step, as the step itself would. */
  run(step: TrainStep, data: readonly (Tensor | null)[]): Tensor[] {
    if (this.draws === null) return this.runFirst(step, data);
    const drawn = draw(this.draws);
    const weights = [...this.variables, ...this.others];
    // The forward pass of the first call moves some of them.
    const held = weights.map(holdTensor);
    try {
      let own: readonly Tensor[] | null = null;
      const random = drawn.map(({tensor}) => tensor);
      const outputs = this.fn.call([...held, ...random, ...data.filter(tensor => tensor !== null)], () => {
        own = this.evaluate(step, [...data], drawn);
        return own;
      });
      const {reported, gradients, moved} = this.results!;
      if (this.fn.isRefused) this.refusal ??= 'it reads numbers on the way, or gives back one of its inputs';
      // A step that ran as it is has moved them itself.
      if (outputs !== own) for (const [variable, at] of moved) variable.assign(outputs[at]!);
      applyGradients(
        publicModel(this.model),
        this.variables.map(({name}, i) => ({name, tensor: gradients[i] === null ? undefined : outputs[gradients[i]!]})),
      );
      const [loss, ...metrics] = reported.map(at => outputs[at]!);
      return [loss!, ...metrics.map(metric => tf.keep(metric))];
    } finally {
      for (const tensor of [...held, ...drawn.map(each => each.tensor)]) tensor.dispose();
    }
  }

  /** Runs the step as it is, and finds out what it draws. */
  private runFirst(step: TrainStep, data: readonly (Tensor | null)[]): Tensor[] {
    const {result, draws} = watchDraws(() => step([...data]) as Tensor[]);
    if (draws === null)
      this.refusal = 'it draws random numbers of a kind that is not known, such as those of a noise layer';
    this.draws = draws;
    return result;
  }

  /** The compiled step as text; `null` before it has been recorded. */
  explain(): string | null {
    return this.fn.explain();
  }

  dispose(): void {
    this.fn.dispose();
  }

  /** The step's own code, with an optimizer that hands the gradients over. */
  private evaluate(step: TrainStep, data: (Tensor | null)[], drawn: readonly Drawn[]): Tensor[] {
    const before = this.others.map(({dataId}) => dataId);
    let gradients: readonly (Tensor | null)[] = [];
    const restore = undoAll([
      fasterGradientsUnnoticed(),
      replaceStepParts(this.model, {
        optimizer_: {
          minimize: f => {
            const result = valueAndGradients<Scalar>(f, this.variables);
            gradients = result.gradients;
            return result.value;
          },
        },
      }),
    ]);
    let reported: Tensor[];
    try {
      const {result, isComplete} = withDrawn(drawn, () => step(data) as Tensor[]);
      if (!isComplete) this.refusal = 'it draws other random numbers than in the step before';
      const [loss, ...metrics] = result;
      reported = [loss!, ...metrics.map(intoScope)];
    } finally {
      restore();
    }
    const outputs = new DistinctTensors();
    this.results = {
      reported: reported.map(tensor => outputs.place(tensor)),
      gradients: gradients.map(gradient => gradient && outputs.place(gradient)),
      moved: this.others
        .filter((variable, i) => variable.dataId !== before[i])
        .map(variable => [variable, outputs.place(variable)] as const),
    };
    return outputs.tensors;
  }
}
