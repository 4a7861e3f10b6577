import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {requireJets} from '../../autodiff/forward-mode/jets.js';
import {withRightGradients} from '../../autodiff/gradients/right-gradients.js';
import {recordReplay} from '../../autodiff/recording/replay.js';
import type {Value} from '../../graph/graph.js';
import {CompiledFunction} from '../../kernels/compiled-function.js';
import {DistinctTensors} from '../../kernels/distinct-tensors.js';
import {compiledStepContext} from '../../model/compiled-training/step-context.js';
import type {Disposable} from '../../owned.js';
import {withOwned} from '../../owned.js';
import {offTape, valueAndGradients} from '../../tfjs-internals/core/tape.js';
import {intoScope} from '../../tfjs-internals/core/tensors.js';
import {nativeBackend} from '../../tfjs-internals/node/backend.js';
import type {StepNumber, TracePenalty} from '../trace-penalty.js';
import {requireRightGradient} from './require-right-gradient.js';
import {TapedLoss} from './taped-loss.js';
import type {Block, ProbedBlocks, TapedTraces} from './trace-on-tape.js';
import {drawProbes, tracesOnTape} from './trace-on-tape.js';

/** How many functions are kept. Each block needs one for a full batch and one for an epoch's last batch. */
const MOST_FUNCTIONS = 64;

/**
 * The traces of training steps' losses.
 *
 * On the native engine they are a compiled function of the weights, of the forward pass's other inputs, and of the probes. The
 * tape has one op for it, whose gradients come with its value. The function runs the forward pass again. On other engines the
 * traces' kernels lie on the tape, like the forward pass. If one of TensorFlow.js' gradients on the way is wrong, they are such
 * a function there too, with right gradients. The gradient of the step's own loss does not change.
 */
export class StepTraces implements Disposable {
  private readonly functions = new Map<string, TraceFunction>();
  private hasChecked: boolean;

  /** @param how `'as they are'`: a few steps, which run kernel by kernel, without a check of custom gradients. */
  constructor(private readonly how: 'compiled' | 'as they are' = 'compiled') {
    this.hasChecked = how === 'as they are';
  }

  /**
   * Estimates the traces of some blocks in a step. The tensors belong to the scope.
   *
   * @throws NotAHessianError in the first step, if a custom gradient is not the derivative.
   */
  compute(taped: TapedLoss, penalty: TracePenalty, step: StepNumber, blocks: readonly Block[]): TapedTraces {
    if (!this.hasChecked && taped.recording.ownGradients.length > 0) {
      requireRightGradient(taped);
      this.hasChecked = true;
    }
    const probed = drawProbes(taped, penalty, step, blocks);
    const {curvature} = penalty;
    const isInGraph = compiledStepContext() !== null || this.how === 'as they are';
    if ((isInGraph || nativeBackend() === null) && !taped.needsOwnTape) return tracesOnTape(taped, curvature, probed);
    if (isInGraph) return new TraceFunction(curvature).evaluate(taped, probed);
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

  /** The programs of the compiled functions, as text. */
  explain(): string[] {
    return [...this.functions.values()].flatMap(fn => fn.explain() ?? []);
  }

  /** Disposes the compiled functions. If it is used again, it compiles and checks again. */
  dispose(): void {
    this.releaseFunctions();
    this.hasChecked = this.how === 'as they are';
  }

  private releaseFunctions(): void {
    for (const fn of this.functions.values()) fn.dispose();
    this.functions.clear();
  }
}

function wordsOf({name, probes}: ProbedBlocks, weights: readonly Value[]): string {
  return `${name}: ${probes.map(probe => [...probe.keys()].map(value => weights.indexOf(value)).join()).join(' ')}`;
}

/** The traces of losses that are the same function of weights, data and probes, and their gradients in the weights. */
class TraceFunction {
  /** A training has many steps, so compiling at the first one pays off. */
  private readonly compiled = new CompiledFunction('at once');
  /** The meaning of the compiled function's outputs; known when it has run once. */
  private results: {
    readonly total: number;
    readonly blocks: readonly (readonly [name: string, output: number])[];
    /** `null` if the traces do not depend on the weight. */
    readonly gradients: readonly (number | null)[];
  } | null = null;

  constructor(private readonly curvature: TracePenalty['curvature']) {}

  /** Runs kernel by kernel. */
  evaluate(taped: TapedLoss, probed: readonly ProbedBlocks[]): TapedTraces {
    const tensors = taped.asFunction.weights.map(value => taped.recording.tensorOf(value));
    return this.tracesOf(
      tensors,
      offTape(() => this.run(taped, tensors, probed)),
    );
  }

  call(taped: TapedLoss, probed: readonly ProbedBlocks[]): TapedTraces {
    const {weights, given} = taped.asFunction;
    const tensors = weights.map(value => taped.recording.tensorOf(value));
    const inputs = [
      ...tensors,
      ...given.map(value => taped.recording.tensorOf(value)),
      ...probed.flatMap(({probes}) => probes.flatMap(probe => [...probe.values()])),
    ];
    return this.tracesOf(
      tensors,
      offTape(() => this.compiled.call(inputs, () => this.run(taped, tensors, probed))),
    );
  }

  private tracesOf(tensors: readonly Tensor[], outputs: readonly Tensor[]): TapedTraces {
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

  explain(): string | null {
    return this.compiled.explain();
  }

  dispose(): void {
    this.compiled.dispose();
  }

  private run(taped: TapedLoss, weights: readonly Tensor[], probed: readonly ProbedBlocks[]): Tensor[] {
    return tf.tidy(() => {
      // This error names the layer of a kernel without a rule. The replay below does not know the layers.
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
      const outputs = new DistinctTensors();
      this.results =
        traces.total === null
          ? {total: 0, blocks: [], gradients: []}
          : {
              total: outputs.place(value),
              blocks: blocks.map(([name, trace]) => [name, outputs.place(trace)]),
              gradients: gradients.map(gradient => gradient && outputs.place(gradient)),
            };
      return outputs.tensors;
    });
  }
}

/** Runs the forward pass again, on a separate tape, and takes its traces. */
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
      probes: probes.map(
        probe => new Map([...probe].map(([value, v]) => [again.valueOf(recording.tensorOf(value)), v])),
      ),
    }));
    return tracesOnTape(taped, curvature, moved);
  });
}

/** A value as an op on the tape, with known gradients in some tensors. */
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
