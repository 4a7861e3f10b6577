import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {fasterGradientsUnnoticed} from '../../autodiff/gradients/faster-gradients.js';
import type {Fresh} from '../../kernels/compiled-function.js';
import {CompiledFunction} from '../../kernels/compiled-function.js';
import {DistinctTensors} from '../../kernels/distinct-tensors.js';
import {valueAndGradients} from '../../tfjs-internals/core/tape.js';
import {holdTensor, intoScope} from '../../tfjs-internals/core/tensors.js';
import {layersOf, type ModelInternals, publicModel, replaceStepParts} from '../../tfjs-internals/layers/model.js';
import {setRecurrentStates, statesOf} from '../../tfjs-internals/layers/recurrent-states.js';
import type {TrainStep} from '../../tfjs-internals/layers/training-methods.js';
import {undoAll} from '../../tfjs-internals/undo.js';
import {CompiledUpdate} from './compiled-update.js';
import {type Draws, draw, noiseOf, watchDraws, withDrawn} from './random-draws.js';
import {inCompiledStep, type StepContext} from './step-context.js';

/** Where the results of a step are among the compiled function's outputs. */
interface Results {
  /** The loss and the metrics, in the order of the step's own result. */
  readonly reported: readonly number[];
  /** One for each variable; `null` where the loss does not depend on it. */
  readonly gradients: readonly (number | null)[];
  /** The new values of weights that the forward pass itself moves, such as moving averages. */
  readonly moved: readonly (readonly [Variable, number])[];
  /** What the step hands over, and to whom. */
  readonly handed: readonly {readonly at: readonly number[]; readonly use: Handed['use']}[];
  /** The states in which the step leaves the stateful recurrent layers. */
  readonly states: readonly number[];
}

/**
 * A model's training step on batches of one shape, as a compiled function of the weights, the batch, the random numbers of
 * dropout and noise, and the states of stateful recurrent layers: the loss, the metrics, the gradients, and the new values of
 * moving averages and states. The optimizer's update is a function of its own.
 *
 * The first step runs kernel by kernel, and shows what it draws. The second one is recorded.
 */
export class CompiledStep {
  private readonly fn = new CompiledFunction('at once');
  private readonly update: CompiledUpdate;
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
  ) {
    this.update = new CompiledUpdate(publicModel(model));
  }

  /** Runs the step, as the step itself would. */
  run(step: TrainStep, data: readonly (Tensor | null)[]): Tensor[] {
    return tf.tidy(() => (this.draws === null ? this.runFirst(step, data) : this.runCompiled(step, data, this.draws)));
  }

  /** Runs the step kernel by kernel, with the bits of the compiled one, and finds out what it draws. */
  private runFirst(step: TrainStep, data: readonly (Tensor | null)[]): Tensor[] {
    const {result, draws} = watchDraws(noiseOf(layersOf(this.model)), () => this.evaluate(step, data, make => make()));
    if (draws === null) this.refusal = 'it draws random numbers of another kind than the layers of TensorFlow.js do';
    this.draws = draws;
    return this.finish(result);
  }

  private runCompiled(step: TrainStep, data: readonly (Tensor | null)[], draws: Draws): Tensor[] {
    const drawn = draw(draws);
    const layers = layersOf(this.model);
    const moving = [...this.variables, ...this.others, ...statesOf(layers)];
    // The forward pass of the first call moves some of them.
    const held = moving.map(holdTensor);
    try {
      let own: readonly Tensor[] | null = null;
      const random = drawn.map(({tensor}) => tensor);
      const given = data.filter(tensor => tensor !== null);
      const outputs = this.fn.call([...held, ...random, ...given], fresh => {
        const {result, isComplete} = withDrawn(drawn, () => this.evaluate(step, data, fresh));
        if (!isComplete) this.refusal = 'it draws other random numbers than in the step before';
        own = result;
        return result;
      });
      if (this.fn.isRefused) this.refusal ??= 'it reads numbers on the way, or gives back one of its inputs';
      // A step that ran as it is has moved them itself.
      if (outputs !== own) {
        const {moved, states} = this.results!;
        for (const [variable, at] of moved) variable.assign(outputs[at]!);
        setRecurrentStates(
          layers,
          states.map(at => outputs[at]!),
        );
      }
      return this.finish(outputs);
    } finally {
      for (const tensor of [...held, ...drawn.map(each => each.tensor)]) tensor.dispose();
    }
  }

  /** Updates the weights, and hands over what the step hands over. */
  private finish(outputs: readonly Tensor[]): Tensor[] {
    const {reported, gradients, handed} = this.results!;
    this.update.apply(
      this.variables,
      gradients.map(at => (at === null ? undefined : outputs[at]!)),
    );
    for (const {at, use} of handed) use(at.map(position => outputs[position]!));
    const [loss, ...metrics] = reported.map(at => outputs[at]!);
    return [loss!, ...metrics.map(metric => tf.keep(metric))];
  }

  /** The compiled step as text; `null` before it has been recorded. */
  explain(): string | null {
    return this.fn.explain();
  }

  /** The number of TensorFlow's ops of the compiled step; 0 before it has been recorded. */
  get ops(): number {
    return this.fn.ops;
  }

  dispose(): void {
    this.fn.dispose();
    this.update.dispose();
  }

  /** The step's own code, with an optimizer that hands the gradients over. */
  private evaluate(step: TrainStep, data: readonly (Tensor | null)[], fresh: Fresh): Tensor[] {
    const before = this.others.map(({dataId}) => dataId);
    const handed: Handed[] = [];
    let gradients: readonly (Tensor | null)[] = [];
    const restore = undoAll([
      fasterGradientsUnnoticed(),
      replaceStepParts(this.model, {
        optimizer_: {
          minimize: f => {
            const {value, gradients: found} = this.differentiate(f);
            gradients = found;
            return value;
          },
        },
      }),
    ]);
    const context: StepContext = {
      fresh,
      handOver: (tensors, use) => handed.push({tensors: tensors.map(tensor => tf.keep(tensor)), use}),
      refuse: reason => {
        this.refusal ??= reason;
        this.fn.refuse();
      },
    };
    let reported: Tensor[];
    try {
      const [loss, ...metrics] = inCompiledStep(context, () => step([...data]) as Tensor[]);
      reported = [loss!, ...metrics.map(intoScope)];
    } finally {
      restore();
      for (const {tensors} of handed) tensors.forEach(intoScope);
    }
    const outputs = new DistinctTensors();
    this.results = {
      reported: reported.map(tensor => outputs.place(tensor)),
      gradients: gradients.map(gradient => gradient && outputs.place(gradient)),
      moved: this.others
        .filter((variable, i) => variable.dataId !== before[i])
        .map(variable => [variable, outputs.place(variable)] as const),
      handed: handed.map(({tensors, use}) => ({at: tensors.map(tensor => outputs.place(tensor)), use})),
      states: statesOf(layersOf(this.model)).map(state => outputs.place(state)),
    };
    return outputs.tensors;
  }

  /** The loss, and its gradient in each weight; `null` for a frozen one. */
  private differentiate(f: () => Scalar): {value: Scalar; gradients: (Tensor | null)[]} {
    const moved = this.variables.filter(({trainable}) => trainable);
    const {value, gradients} = valueAndGradients<Scalar>(f, moved);
    // As the optimizer's own minimize does.
    tf.util.assert(
      gradients.some(gradient => gradient !== null),
      () => 'Cannot find a connection between any variable and the result of the loss function y=f(x).',
    );
    return {value, gradients: this.variables.map(variable => gradients[moved.indexOf(variable)] ?? null)};
  }
}

/** Tensors that a step hands over, and to whom. */
interface Handed {
  readonly tensors: readonly Tensor[];
  readonly use: (tensors: readonly Tensor[]) => void;
}
