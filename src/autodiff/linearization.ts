import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {CallView} from './call-view.js';
import {Program} from './program.js';
import type {RecordedCall, Recording, Slot} from './recording.js';
import {ruleOf} from './rule-table.js';
import {single, vmapped} from './runner.js';

/**
 * The derivative of a recorded function at the point where it was recorded.
 *
 * Tangents are pushed through the recorded kernels in their order (forward mode). Where the function is a loss's
 * gradient, that is a Hessian-vector product (Pearlmutter 1994). What does not depend on the tangents is computed once;
 * of the recorded values only those are held that a rule asks for.
 */
export class Linearization {
  /** A push runs the same kernels on the same held tensors each time. */
  readonly isFixed = true;
  private readonly views: ReadonlyMap<RecordedCall, LinearizedCall>;
  private readonly programs = new Map<string, Program>();
  /** What several calls share. */
  private readonly common = new Map<string, Tensor>();
  /** Products of rules' factors, by the two tensors' ids. */
  private readonly factors = new Map<string, Tensor>();
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
    this.views = new Map(recording.calls.map(call => [call, new LinearizedCall(call, this.common)]));
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
    const program = this.program(from, to);
    this.pushed += (program.length / Math.max(1, this.whole)) * (probes ?? 1);
    if (probes === null) return program.run(tangents, single);
    if (this.isBestApart(from, to)) return oneByOne(program, tangents, probes);
    return program.run(
      tangents,
      vmapped(probes, kernel => ruleOf(kernel)?.vmap),
    );
  }

  /** Whether k tangents at once take as long as one after the other. */
  isBestApart(from: readonly number[], to: readonly number[]): boolean {
    return this.program(from, to).tangentSize > LARGE_TANGENT;
  }

  /** How much has been pushed, in rounds of all pushes with one tangent each. */
  get passes(): number {
    return this.pushed;
  }

  dispose(): void {
    this.recording.release();
    for (const view of this.views.values()) view.dispose();
    for (const held of [this.common, this.factors]) {
      for (const tensor of held.values()) tensor.dispose();
      held.clear();
    }
    this.programs.clear();
  }

  private mergeFactors(a: Tensor, b: Tensor): Tensor {
    const key = [a.id, b.id].sort((i, j) => i - j).join();
    return once(this.factors, key, () => tf.mul(a, b));
  }

  private program(from: readonly number[], to: readonly number[]): Program {
    const key = `${from.join()}>${to.join()}`;
    let program = this.programs.get(key);
    if (program === undefined) {
      const at = (slots: readonly (Slot | null)[], places: readonly number[]) => places.map(i => slots[i] ?? null);
      program = new Program({
        views: this.views,
        inputs: at(this.inputs, from),
        outputs: at(this.outputs, to),
        mergeFactors: (a, b) => this.mergeFactors(a, b),
      });
      this.programs.set(key, program);
    }
    return program;
  }
}

/**
 * Many tangents at once save the time that it takes to start a kernel. On tangents of more numbers than this, on average, the
 * kernels themselves take longer, and moving the probes to where a kernel wants them takes longer still.
 */
const LARGE_TANGENT = 2 ** 15;

/** Pushes k tangents one after the other. */
function oneByOne(program: Program, tangents: readonly Tensor[], k: number): (Tensor | null)[] {
  return tf.tidy(() => {
    const parts = tangents.map(tangent => tf.unstack(tangent));
    const results = Array.from({length: k}, (_, i) =>
      program.run(
        parts.map(part => part[i]!),
        single,
      ),
    );
    return results[0]!.map((first, output) => first && tf.stack(results.map(result => result[output]!))) as Tensor[];
  }) as (Tensor | null)[];
}

/** A recorded call, and what its rule holds of it. */
class LinearizedCall extends CallView {
  readonly held = new Set<Slot>();
  private readonly memos = new Map<string, Tensor>();

  constructor(
    recorded: RecordedCall,
    private readonly common: Map<string, Tensor>,
  ) {
    super(recorded);
  }

  hold(input: string): Tensor {
    this.held.add(this.input(input));
    return this.peek(input);
  }

  memo(key: string, make: () => Tensor): Tensor {
    return once(this.memos, key, make);
  }

  constant(key: string, make: () => Tensor): Tensor {
    return once(this.memos, key, make);
  }

  shared(key: string, make: () => Tensor): Tensor {
    return once(this.common, key, make);
  }

  dispose(): void {
    for (const tensor of this.memos.values()) tensor.dispose();
    this.memos.clear();
  }

  protected valueAt(slot: Slot): Tensor {
    if (slot.tensor === null) throw new Error('a recorded value was asked for after it had been released');
    return slot.tensor;
  }
}

/** A kept tensor, made when it is asked for the first time. */
function once(made: Map<string, Tensor>, key: string, make: () => Tensor): Tensor {
  let tensor = made.get(key);
  if (tensor === undefined) {
    tensor = tf.tidy(() => tf.keep(make()));
    made.set(key, tensor);
  }
  return tensor;
}
