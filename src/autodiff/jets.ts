import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {UnsupportedKernelError} from '../errors.js';
import {engine} from '../tfjs-internals/core/engine.js';
import {offTape} from '../tfjs-internals/core/tape.js';
import {callsBetween} from './between.js';
import {CallView} from './call-view.js';
import type {RecordedCall, Recording, Slot} from './recording.js';
import {layerOf, requireRule} from './require-rule.js';
import type {Jet} from './rule.js';
import {runKernel} from './run-kernel.js';

/**
 * Pushes order-2 jets through a recorded forward pass: from x(ε) = x + εẋ at some inputs to ẏ and ÿ of an output.
 *
 * It runs ordinary kernels, on TensorFlow.js' tape where that is on, and reads the recorded values as the tape knows
 * them: a reverse pass from ÿ then reaches all that the forward pass depended on (Griewank & Walther 2008, ch. 13;
 * Bettencourt, Johnson & Duvenaud 2019). Masks and argmaxes count as constants there. Tensors belong to the scope.
 *
 * @returns the output's jet; both coefficients are `null` where it does not depend on the inputs.
 * @throws UnsupportedKernelError where a kernel on the way has no jet.
 */
export function pushJets(recording: Recording, tangents: ReadonlyMap<Slot, Tensor>, output: Slot): Jet {
  const jets = new TapedJets(recording);
  try {
    return jets.push(tangents, output);
  } finally {
    jets.dispose();
  }
}

/** Jets in several directions through one forward pass: what does not depend on the direction is computed once. */
export class TapedJets {
  private readonly values = new TapedValues();
  private readonly calls = new Map<RecordedCall, TapedCall>();

  constructor(private readonly recording: Recording) {}

  /** As `pushJets`. */
  push(tangents: ReadonlyMap<Slot, Tensor>, output: Slot): Jet {
    return this.run(tangents, [output], jet => jet).get(output) ?? {first: null, second: null};
  }

  /** First order alone: ẏ of each output, `null` where it is zero. */
  pushTangents(tangents: ReadonlyMap<Slot, Tensor>, outputs: readonly Slot[]): (Tensor | null)[] {
    const jets = this.run(tangents, outputs, ({first}) => ({first, second: null}));
    return outputs.map(slot => jets.get(slot)?.first ?? null);
  }

  /** Gives back what is shared between directions; what was pushed stays. */
  dispose(): void {
    for (const call of this.calls.values()) call.dispose();
    this.values.dispose();
  }

  private run(
    tangents: ReadonlyMap<Slot, Tensor>,
    outputs: readonly Slot[],
    truncate: (jet: Jet) => Jet,
  ): ReadonlyMap<Slot, Jet> {
    const jets = new Map<Slot, Jet>();
    for (const [slot, first] of tangents) jets.set(slot, {first, second: null});
    for (const {call, names} of callsBetween(this.recording.calls, tangents.keys(), outputs)) {
      const inputs: Record<string, Jet> = {};
      for (const name of names) {
        const jet = jets.get(call.inputs.get(name)!);
        if (jet !== undefined && (jet.first !== null || jet.second !== null)) inputs[name] = jet;
      }
      if (Object.keys(inputs).length === 0) continue;
      requireJet(call)(this.view(call), inputs).forEach((jet, i) => {
        const slot = call.outputs[i]!;
        // A start that is made on the way keeps the tangent it was given.
        if (!tangents.has(slot)) jets.set(slot, truncate(jet));
      });
    }
    return jets;
  }

  private view(call: RecordedCall): TapedCall {
    let view = this.calls.get(call);
    if (view === undefined) {
      view = new TapedCall(call, this.values);
      this.calls.set(call, view);
    }
    return view;
  }
}

/**
 * Whether jets can be pushed from inputs to an output, before any is.
 *
 * @throws UnsupportedKernelError where not.
 */
export function requireJets(recording: Recording, inputs: Iterable<Slot>, output: Slot): void {
  for (const {call} of callsBetween(recording.calls, inputs, [output])) requireJet(call);
}

function requireJet(call: RecordedCall) {
  const {jet} = requireRule(call);
  if (jet !== undefined) return jet;
  const layer = layerOf(call);
  throw new UnsupportedKernelError(
    `Kernel "${call.kernel}"${layer ? ` (layer "${layer}")` : ''} has no second-order rule, so the curvature of what ` +
      `runs it cannot be penalized; give it one with registerTangentRule("${call.kernel}", {…, jet}).`,
    call.kernel,
    layer,
  );
}

/**
 * Recorded values as tensors that the tape knows.
 *
 * What a kernel made inside a custom gradient's forward function is not on the tape: it is made again.
 */
class TapedValues {
  private readonly onTape: ReadonlySet<number> | null;
  private readonly remade = new Map<Slot, Tensor>();

  constructor() {
    const tape = engine().state.activeTape;
    this.onTape = tape ? new Set(tape.flatMap(node => node.outputs.map(tensor => tensor.id))) : null;
  }

  of(slot: Slot): Tensor {
    const tensor = slot.tensor;
    if (tensor === null) throw new Error('a recorded value was asked for after it had been released');
    if (slot.producer === null || this.onTape === null || this.onTape.has(tensor.id)) return tensor;
    let again = this.remade.get(slot);
    if (again === undefined) {
      const {kernel, inputs, attrs, outputs} = slot.producer;
      const made = runKernel(kernel, Object.fromEntries([...inputs].map(([name, of]) => [name, this.of(of)])), attrs);
      outputs.forEach((output, i) => {
        this.remade.set(output, tf.keep(made[i]!));
      });
      again = this.remade.get(slot)!;
    }
    return again;
  }

  dispose(): void {
    for (const tensor of this.remade.values()) tensor.dispose();
    this.remade.clear();
  }
}

/** A recorded call whose values stay on the tape. */
class TapedCall extends CallView {
  private readonly memos = new Map<string, Tensor>();

  constructor(
    recorded: RecordedCall,
    private readonly values: TapedValues,
  ) {
    super(recorded);
  }

  hold(input: string): Tensor {
    return this.peek(input);
  }

  memo(key: string, make: () => Tensor): Tensor {
    let tensor = this.memos.get(key);
    if (tensor === undefined) {
      // Another direction may be pushed in another scope.
      tensor = tf.keep(make());
      this.memos.set(key, tensor);
    }
    return tensor;
  }

  constant(key: string, make: () => Tensor): Tensor {
    return this.memo(key, () => offTape(make));
  }

  shared(key: string, make: () => Tensor): Tensor {
    return this.constant(key, make);
  }

  dispose(): void {
    for (const tensor of this.memos.values()) tensor.dispose();
    this.memos.clear();
  }

  protected valueAt(slot: Slot): Tensor {
    return this.values.of(slot);
  }
}
