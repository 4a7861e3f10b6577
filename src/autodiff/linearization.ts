import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {UnsupportedKernelError} from '../errors.js';
import {callsBetween} from './between.js';
import type {RecordedCall, Recording, Slot} from './recording.js';
import type {KernelCall, KernelRule, Push} from './rule.js';
import {asList} from './rule-constructors.js';
import {ruleOf} from './rule-table.js';
import type {Runner} from './runner.js';
import {batched, single} from './runner.js';

/**
 * The derivative of a recorded function at the point where it was recorded.
 *
 * Tangents are pushed through the recorded kernels in their order (forward mode). Where the function is a loss's
 * gradient, that is a Hessian-vector product (Pearlmutter 1994). What does not depend on the tangents is computed once;
 * of the recorded values only those are held that a rule asks for.
 */
export class Linearization {
  private readonly views: ReadonlyMap<RecordedCall, LinearizedCall>;
  private readonly programs = new Map<string, Program>();
  /** Kernels in all the pushes. */
  private readonly whole: number;
  private pushed = 0;

  /**
   * Takes over the recording and what it holds.
   *
   * @param pushes what will be pushed from where to where, by positions; by default all inputs to all outputs. Pushes from
   *     fewer inputs to fewer outputs go with it; others may find values released that they need.
   * @throws UnsupportedKernelError where a kernel between inputs and outputs has no rule; then nothing stays held.
   */
  constructor(
    private readonly recording: Recording,
    private readonly inputs: readonly (Slot | null)[],
    private readonly outputs: readonly (Slot | null)[],
    pushes: readonly (readonly [from: readonly number[], to: readonly number[]])[] = [
      [inputs.map((_, i) => i), outputs.map((_, i) => i)],
    ],
  ) {
    this.views = new Map(recording.calls.map(call => [call, new LinearizedCall(call)]));
    try {
      this.whole = pushes.reduce((length, [from, to]) => length + this.program(from, to).length, 0);
      const held = new Set([...this.views.values()].flatMap(view => [...view.held]));
      recording.release(slot => held.has(slot));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /**
   * Pushes tangents of some inputs to some outputs, both named by their positions.
   *
   * @param tangents one for each of `from`, in the input's shape; with `probes`, in that shape behind an axis of k.
   * @returns one for each of `to`, `null` where it is zero; the caller owns them.
   */
  push(
    from: readonly number[],
    tangents: readonly Tensor[],
    to: readonly number[],
    probes: number | null = null,
  ): (Tensor | null)[] {
    const runner = probes === null ? single : batched(probes, kernel => ruleOf(kernel)?.batch);
    const program = this.program(from, to);
    this.pushed += (program.length / Math.max(1, this.whole)) * (probes ?? 1);
    return program.run(tangents, runner);
  }

  /** How much has been pushed, in rounds of all pushes with one tangent each. */
  get passes(): number {
    return this.pushed;
  }

  dispose(): void {
    this.recording.release();
    for (const view of this.views.values()) view.dispose();
    this.programs.clear();
  }

  private program(from: readonly number[], to: readonly number[]): Program {
    const key = `${from.join()}>${to.join()}`;
    let program = this.programs.get(key);
    if (program === undefined) {
      const at = (slots: readonly (Slot | null)[], places: readonly number[]) => places.map(i => slots[i] ?? null);
      program = new Program(this.views, at(this.inputs, from), at(this.outputs, to));
      this.programs.set(key, program);
    }
    return program;
  }
}

/** The kernels that lie between some inputs and some outputs, with their derivatives. */
class Program {
  private readonly steps: Step[];

  constructor(
    views: ReadonlyMap<RecordedCall, LinearizedCall>,
    private readonly inputs: readonly (Slot | null)[],
    private readonly outputs: readonly (Slot | null)[],
  ) {
    const wanted = outputs.filter(slot => slot !== null);
    const between = callsBetween(
      [...views.keys()],
      inputs.filter(slot => slot !== null),
      wanted,
    );
    // What is read after a step: nothing of the last one but the outputs.
    const readLater = new Set(wanted);
    const steps: Step[] = [];
    for (const {call, names} of between.reverse()) {
      const read = names.map(name => call.inputs.get(name)!);
      steps.push({
        names,
        inputs: read,
        outputs: call.outputs,
        push: requireRule(call).linearize(views.get(call)!, names),
        last: read.filter((slot, i) => !readLater.has(slot) && read.indexOf(slot) === i),
      });
      for (const slot of read) readLater.add(slot);
    }
    this.steps = steps.reverse();
  }

  get length(): number {
    return this.steps.length;
  }

  run(tangents: readonly Tensor[], runner: Runner): (Tensor | null)[] {
    const at = new Map<Slot, Tensor>();
    const given = new Set<Tensor>(tangents);
    this.inputs.forEach((slot, i) => {
      if (slot !== null) at.set(slot, tangents[i]!);
    });
    try {
      for (const step of this.steps) {
        const made = tf.tidy(() => {
          const of = Object.fromEntries(step.names.map((name, i) => [name, at.get(step.inputs[i]!)!]));
          return asList(step.push(of, runner)).map(tensor => tf.keep(tensor));
        });
        made.forEach((tensor, i) => {
          const slot = step.outputs[i]!;
          // A start that is made on the way keeps the tangent it was given.
          if (this.inputs.includes(slot)) tensor.dispose();
          else at.set(slot, tensor);
        });
        for (const slot of step.last) {
          const tensor = at.get(slot)!;
          if (!given.has(tensor)) tensor.dispose();
          at.delete(slot);
        }
      }
      return this.outputs.map(slot => {
        const tensor = slot === null ? undefined : at.get(slot);
        return tensor === undefined ? null : tensor.clone();
      });
    } finally {
      for (const tensor of at.values()) if (!given.has(tensor)) tensor.dispose();
    }
  }
}

/** One kernel's derivative in a program. */
interface Step {
  readonly names: readonly string[];
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  readonly push: Push;
  /** The inputs whose tangents nobody needs after this step. */
  readonly last: readonly Slot[];
}

export function requireRule(call: RecordedCall): KernelRule {
  const rule = ruleOf(call.kernel);
  if (rule !== undefined) return rule;
  const layer = layerOf(call);
  throw new UnsupportedKernelError(
    `Kernel "${call.kernel}"${layer ? ` (layer "${layer}")` : ''} has no differentiation rule; ` +
      `teach it with registerTangentRule("${call.kernel}", rule), or leave it out of the loss.`,
    call.kernel,
    layer,
  );
}

/** The layer that ran a kernel; for one of the backward pass, the layer that made what it reads. */
export function layerOf(call: RecordedCall): string | null {
  if (call.layer !== null) return call.layer;
  for (const slot of call.inputs.values()) {
    if (slot.producer?.layer) return slot.producer.layer;
  }
  return null;
}

/** A recorded call, and what its rule holds of it. */
class LinearizedCall implements KernelCall {
  readonly held = new Set<Slot>();
  private readonly memos = new Map<string, Tensor>();

  constructor(readonly recorded: RecordedCall) {}

  get kernel(): string {
    return this.recorded.kernel;
  }

  get attrs() {
    return this.recorded.attrs;
  }

  get inputNames(): string[] {
    return [...this.recorded.inputs.keys()];
  }

  shape(input: string): readonly number[] {
    return this.recorded.inputs.get(input)!.shape;
  }

  outputShape(index = 0): readonly number[] {
    return this.recorded.outputs[index]!.shape;
  }

  peek(input: string): Tensor {
    return heldValue(this.recorded.inputs.get(input)!);
  }

  peekOutput(index = 0): Tensor {
    return heldValue(this.recorded.outputs[index]!);
  }

  hold(input: string): Tensor {
    const slot = this.recorded.inputs.get(input)!;
    this.held.add(slot);
    return heldValue(slot);
  }

  memo(key: string, make: () => Tensor): Tensor {
    let tensor = this.memos.get(key);
    if (tensor === undefined) {
      tensor = tf.tidy(() => tf.keep(make()));
      this.memos.set(key, tensor);
    }
    return tensor;
  }

  constant(key: string, make: () => Tensor): Tensor {
    return this.memo(key, make);
  }

  dispose(): void {
    for (const tensor of this.memos.values()) tensor.dispose();
    this.memos.clear();
  }
}

function heldValue(slot: Slot): Tensor {
  if (slot.tensor === null) throw new Error('a recorded value was asked for after it had been released');
  return slot.tensor;
}
