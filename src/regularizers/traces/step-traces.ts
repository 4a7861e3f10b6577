import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {requireJets} from '../../autodiff/forward-mode/jets.js';
import {withRightGradients} from '../../autodiff/gradients/right-gradients.js';
import {recordReplay} from '../../autodiff/recording/replay.js';
import type {Value} from '../../graph/graph.js';
import {CompiledFunction} from '../../kernels/compiled-function.js';
import type {Disposable} from '../../owned.js';
import {withOwned} from '../../owned.js';
import {offTape, valueAndGradients} from '../../tfjs-internals/core/tape.js';
import {intoScope} from '../../tfjs-internals/core/tensors.js';
import {nativeBackend} from '../../tfjs-internals/node/backend.js';
import type {TracePenalty} from '../trace-penalty.js';
import {requireRightGradient} from './require-right-gradient.js';
import {TapedLoss} from './taped-loss.js';
import type {Block, ProbedBlocks, TapedTraces} from './trace-on-tape.js';
import {drawProbes, tracesOnTape} from './trace-on-tape.js';

/** Functions that are kept: of a whole batch and of an epoch's last one, for each of some blocks. */
const MOST_FUNCTIONS = 64;

/**
 * The traces of training steps' losses.
 *
 * On the native engine they are a function, compiled once, of the weights, of what else the forward pass read, and of the
 * probes; the tape sees one op, whose gradients come with its value. The forward pass runs once more in it. Elsewhere they
 * lie on the tape as the forward pass does, unless one of TensorFlow.js' gradients on the way is wrong: then they are such a
 * function there too, in which the gradients are right. The gradient of the step's own loss stays as it is.
 */
export class StepTraces implements Disposable {
  private readonly functions = new Map<string, TraceFunction>();
  private hasChecked = false;

  /**
   * Tensors belong to the scope.
   *
   * @throws NotAHessianError in the first step, if a custom gradient is not the derivative.
   */
  compute(taped: TapedLoss, penalty: TracePenalty, step: number, blocks: readonly Block[]): TapedTraces {
    if (!this.hasChecked && taped.recording.ownGradients.length > 0) {
      requireRightGradient(taped);
      this.hasChecked = true;
    }
    const probed = drawProbes(taped, penalty, step, blocks);
    const {curvature} = penalty;
    if (nativeBackend() === null && !taped.needsOwnTape) return tracesOnTape(taped, curvature, probed);
    const {weights, signature} = taped.asFunction;
    const key = [curvature, ...probed.map(block => wordsOf(block, weights)), signature].join('\n');
    let fn = this.functions.get(key);
    if (fn === undefined) {
      if (this.functions.size >= MOST_FUNCTIONS) this.releaseFunctions();
      fn = new TraceFunction(curvature);
      this.functions.set(key, fn);
    }
    return fn.call(taped, probed);
  }

  /** It can be used afterwards: then it compiles and checks again. */
  dispose(): void {
    this.releaseFunctions();
    this.hasChecked = false;
  }

  private releaseFunctions(): void {
    for (const fn of this.functions.values()) fn.dispose();
    this.functions.clear();
  }
}

function wordsOf({name, probes}: ProbedBlocks, weights: readonly Value[]): string {
  return `${name}: ${probes.map(probe => [...probe.keys()].map(slot => weights.indexOf(slot)).join()).join(' ')}`;
}

/** The traces of losses that are the same function of weights, data and probes, with their gradients in the weights. */
class TraceFunction {
  /** A training has many steps. */
  private readonly compiled = new CompiledFunction('at once');
  /** Which of the compiled function's outputs is what; known once it has run. */
  private results: {
    readonly total: number;
    readonly blocks: readonly (readonly [name: string, output: number])[];
    /** `null` for a weight that the traces do not depend on. */
    readonly gradients: readonly (number | null)[];
  } | null = null;

  constructor(private readonly curvature: TracePenalty['curvature']) {}

  call(taped: TapedLoss, probed: readonly ProbedBlocks[]): TapedTraces {
    const {weights, given} = taped.asFunction;
    const tensors = weights.map(value => taped.recording.tensorOf(value));
    const inputs = [
      ...tensors,
      ...given.map(value => taped.recording.tensorOf(value)),
      ...probed.flatMap(({probes}) => probes.flatMap(probe => [...probe.values()])),
    ];
    const outputs = offTape(() => this.compiled.call(inputs, () => this.run(taped, tensors, probed)));
    const results = this.results!;
    const total = outputs[results.total];
    if (total === undefined) return {total: null, blocks: []};
    const moved = tensors.filter((_, i) => results.gradients[i] !== null);
    const gradients = results.gradients.flatMap(output => (output === null ? [] : outputs[output]!));
    return {
      total: moved.length === 0 ? total : withGradients(total as Scalar, moved, gradients),
      blocks: results.blocks.map(([name, output]) => [name, outputs[output]!]),
    };
  }

  dispose(): void {
    this.compiled.dispose();
  }

  private run(taped: TapedLoss, weights: readonly Tensor[], probed: readonly ProbedBlocks[]): Tensor[] {
    return tf.tidy(() => {
      // A kernel without a rule is told of by the layer that ran it, which the run below does not know.
      for (const {probes} of probed) for (const probe of probes) requireJets(taped.recording, probe.keys(), taped.loss);
      let traces: TapedTraces = {total: null, blocks: []};
      const {value, gradients} = withRightGradients(() =>
        valueAndGradients(() => {
          traces = tracesOfReplay(taped, probed, this.curvature);
          for (const [, trace] of traces.blocks) tf.keep(trace);
          return traces.total ?? tf.scalar(0);
        }, weights),
      );
      const blocks = traces.blocks.map(([name, trace]) => [name, intoScope(trace)] as const);
      const distinct: Tensor[] = [];
      const place = (tensor: Tensor): number => {
        if (!distinct.includes(tensor)) distinct.push(tensor);
        return distinct.indexOf(tensor);
      };
      this.results =
        traces.total === null
          ? {total: 0, blocks: [], gradients: []}
          : {
              total: place(value),
              blocks: blocks.map(([name, trace]) => [name, place(trace)]),
              gradients: gradients.map(gradient => gradient && place(gradient)),
            };
      return distinct;
    });
  }
}

/** The traces of a forward pass that runs once more, on a tape of its own. */
function tracesOfReplay(
  {recording, ends, asFunction: {weights}}: TapedLoss,
  probed: readonly ProbedBlocks[],
  curvature: TracePenalty['curvature'],
): TapedTraces {
  return withOwned(owned => {
    const {recording: again, outputs: made} = recordReplay(recording, weights, ends);
    const [loss, ...outputs] = made.map(tensor => again.valueOf(tensor));
    const taped = owned.use(new TapedLoss(again, loss!, outputs, null));
    const moved = probed.map(({name, probes}) => ({
      name,
      probes: probes.map(probe => new Map([...probe].map(([slot, v]) => [again.valueOf(recording.tensorOf(slot)), v]))),
    }));
    return tracesOnTape(taped, curvature, moved);
  });
}

/** A value, as an op of the tape whose gradients in some tensors are known. */
function withGradients(value: Scalar, xs: readonly Tensor[], gradients: readonly Tensor[]): Scalar {
  const op = tf.customGrad((...args: unknown[]) => {
    const save = args.at(-1) as (tensors: Tensor[]) => void;
    save([...gradients]);
    return {
      value: tf.clone(value),
      gradFunc: (dy: Tensor, saved: Tensor[]) => saved.map(gradient => tf.mul(gradient, dy)),
    };
  });
  return op(...xs) as Scalar;
}
