import type {Tensor} from '@tensorflow/tfjs-core';
import type {Value} from '../../graph/graph.js';
import {graphOf} from '../../graph/graph.js';
import type {Executor} from '../../graph/interpret.js';
import {interpreter} from '../../graph/interpret.js';
import {runNode} from '../../kernels/kernel-executor.js';
import type {KernelNode} from '../../kernels/kernel-op.js';
import {engine} from '../../tfjs-internals/core/engine.js';
import {offTape} from '../../tfjs-internals/core/tape.js';
import type {Recording} from '../recording/recording.js';
import type {Jet} from '../rules/rule.js';
import {CallView} from './call-view.js';
import {KeptTensors} from './kept-tensors.js';
import {requireJet} from './require-rule.js';
import {derivatives} from './tangent-graph.js';

const ZERO: Jet = {first: null, second: null};

/**
 * Pushes order-2 jets through a recorded forward pass: from x(ε) = x + εẋ at some inputs to ẏ and ÿ of an output.
 *
 * It runs ordinary kernels, on TensorFlow.js' tape if that is on, and reads the recorded tensors that the tape knows. So a
 * reverse pass from ÿ reaches everything that the forward pass depends on (Griewank & Walther 2008, ch. 13; Bettencourt,
 * Johnson & Duvenaud 2019). Masks and argmaxes are constants. The open scope owns the tensors.
 *
 * @param tangents ẋ of each input.
 * @returns the output's jet; both coefficients are `null` if it does not depend on the inputs.
 * @throws UnsupportedKernelError if a kernel on the way has no jet.
 */
export function pushJets(recording: Recording, tangents: ReadonlyMap<Value, Tensor>, output: Value): Jet {
  const jets = new TapedJets(recording);
  try {
    return jets.push(tangents, output);
  } finally {
    jets.dispose();
  }
}

/** The first and second derivative of a kernel, as an op on jets. */
interface JetOp {
  readonly names: readonly string[];
  readonly push: (jets: Readonly<Record<string, Jet>>) => readonly Jet[];
}

/** Pushes jets in several directions through one forward pass. What does not depend on the direction is computed once. */
export class TapedJets {
  private readonly values: TapedValues;
  private readonly calls = new Map<KernelNode, TapedCall>();

  constructor(private readonly recording: Recording) {
    this.values = new TapedValues(recording);
  }

  /** As `pushJets`. */
  push(tangents: ReadonlyMap<Value, Tensor>, output: Value): Jet {
    return this.run(tangents, [output], jet => jet)[0]!;
  }

  /** First order only: ẏ of each output; `null` is zero. */
  pushTangents(tangents: ReadonlyMap<Value, Tensor>, outputs: readonly Value[]): (Tensor | null)[] {
    return this.run(tangents, outputs, ({first}) => ({first, second: null})).map(({first}) => first);
  }

  /** Disposes of what the directions share; results stay. */
  dispose(): void {
    for (const call of this.calls.values()) call.dispose();
    this.values.dispose();
  }

  private run(
    tangents: ReadonlyMap<Value, Tensor>,
    outputs: readonly Value[],
    truncate: (jet: Jet) => Jet,
  ): readonly Jet[] {
    const from = [...tangents.keys()];
    const nodes = derivatives(this.recording.nodes, from, outputs, (node, names): JetOp => {
      const jet = requireJet(node, this.recording);
      return {names, push: jets => jet(this.view(node), jets).map(truncate)};
    });
    return interpreter(
      graphOf(from, nodes, outputs),
      jetExecutor,
    )([...tangents.values()].map(first => ({first, second: null})));
  }

  private view(node: KernelNode): TapedCall {
    let view = this.calls.get(node);
    if (view === undefined) {
      view = new TapedCall(node, this.recording, this.values);
      this.calls.set(node, view);
    }
    return view;
  }
}

/** Runs ops on jets; the scope or the tape owns the tensors. */
const jetExecutor: Executor<JetOp, Jet> = {
  run({op, outputs}, jets) {
    const named = op.names.map((name, i) => [name, jets[i]!] as const);
    const nonzero = named.filter(([, {first, second}]) => first !== null || second !== null);
    return nonzero.length === 0 ? outputs.map(() => ZERO) : op.push(Object.fromEntries(nonzero));
  },
  dispose() {},
  share: jet => jet,
  // Only an output that does not depend on the inputs is a constant.
  constant: () => ZERO,
};

/**
 * Checks that jets can be pushed from inputs to an output.
 *
 * @throws UnsupportedKernelError if they cannot.
 */
export function requireJets(recording: Recording, inputs: Iterable<Value>, output: Value): void {
  derivatives(recording.nodes, [...inputs], [output], node => requireJet(node, recording));
}

/**
 * Recorded values as tensors that are on the tape.
 *
 * Values computed inside the forward function of a custom gradient are not on the tape; they are computed again.
 */
class TapedValues {
  private readonly onTape: ReadonlySet<number> | null;
  private readonly remade = new KeptTensors();

  constructor(private readonly recording: Recording) {
    const tape = engine().state.activeTape;
    this.onTape = tape ? new Set(tape.flatMap(node => node.outputs.map(tensor => tensor.id))) : null;
  }

  of(value: Value): Tensor {
    const tensor = this.recording.tensorOf(value);
    if (this.onTape === null || this.onTape.has(tensor.id)) return tensor;
    const producer = this.recording.producerOf(value);
    if (producer === undefined) return tensor;
    return this.remade.get(String(this.recording.idOf(value)), () => {
      const operands = producer.inputs.map(input => this.of(input));
      return runNode(producer, operands)[producer.outputs.indexOf(value)]!;
    });
  }

  dispose(): void {
    this.remade.dispose();
  }
}

/** A recorded call whose values are on the tape. */
class TapedCall extends CallView {
  constructor(
    node: KernelNode,
    recording: Recording,
    private readonly values: TapedValues,
  ) {
    super(node, recording);
  }

  override constant(key: string, make: () => Tensor): Tensor {
    return this.memo(key, () => offTape(make));
  }

  protected tensorOf(value: Value): Tensor {
    return this.values.of(value);
  }
}
