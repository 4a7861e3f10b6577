import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {intoScope} from '../tfjs-internals/core/tensors.js';
import {callsBetween} from './between.js';
import type {RecordedCall, Slot} from './recording.js';
import {requireRule} from './require-rule.js';
import type {KernelCall, LinearMap, Scaling} from './rule.js';
import {asList} from './rule-constructors.js';
import type {Runner} from './runner.js';
import {asPush} from './scaling.js';

/** One kernel's derivative, or that of several whose factors have been merged. */
interface Step {
  readonly names: readonly string[];
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  readonly map: LinearMap;
}

/** A step with what is known once all steps are. */
interface RunnableStep extends Step {
  readonly push: ReturnType<typeof asPush>;
  /** The inputs whose tangents nobody needs after this step. */
  readonly last: readonly Slot[];
}

export interface ProgramArgs {
  readonly views: ReadonlyMap<RecordedCall, KernelCall>;
  readonly inputs: readonly (Slot | null)[];
  readonly outputs: readonly (Slot | null)[];
  /** The product of two held factors, which the caller holds in its turn. */
  readonly mergeFactors: (a: Tensor, b: Tensor) => Tensor;
}

/** The kernels that lie between some inputs and some outputs, with their derivatives. */
export class Program {
  /** How many numbers a step's tangent has on average. */
  readonly tangentSize: number;
  private readonly steps: readonly RunnableStep[];
  private readonly inputs: readonly (Slot | null)[];
  private readonly outputs: readonly (Slot | null)[];

  /** @throws UnsupportedKernelError where a kernel on the way has no rule. */
  constructor({views, inputs, outputs, mergeFactors}: ProgramArgs) {
    this.inputs = inputs;
    this.outputs = outputs;
    const present = (slots: readonly (Slot | null)[]) => slots.filter(slot => slot !== null);
    const steps = callsBetween([...views.keys()], present(inputs), present(outputs)).map(
      ({call, names}): Step => ({
        names,
        inputs: names.map(name => call.inputs.get(name)!),
        outputs: call.outputs,
        map: requireRule(call).linearize(views.get(call)!, names),
      }),
    );
    this.steps = withLastUses(mergeScalings(steps, new Set(present(outputs)), mergeFactors), present(outputs));
    const sizes = this.steps.flatMap(step => step.outputs.map(({shape}) => tf.util.sizeFromShape([...shape])));
    this.tangentSize = sizes.reduce((a, b) => a + b, 0) / Math.max(1, sizes.length);
  }

  get length(): number {
    return this.steps.length;
  }

  /** @returns one tangent for each output, `null` where it is zero; the caller owns them. */
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
        if (tensor === undefined) return null;
        if (given.has(tensor) || this.isWantedTwice(slot!)) return tensor.clone();
        at.delete(slot!);
        return intoScope(tensor);
      });
    } finally {
      for (const tensor of at.values()) if (!given.has(tensor)) tensor.dispose();
    }
  }

  private isWantedTwice(slot: Slot): boolean {
    return this.outputs.indexOf(slot) !== this.outputs.lastIndexOf(slot);
  }
}

function withLastUses(steps: readonly Step[], outputs: readonly Slot[]): RunnableStep[] {
  const readLater = new Set(outputs);
  const runnable: RunnableStep[] = [];
  for (const step of [...steps].reverse()) {
    const last = step.inputs.filter((slot, i) => !readLater.has(slot) && step.inputs.indexOf(slot) === i);
    for (const slot of step.inputs) readLater.add(slot);
    runnable.push({...step, push: asPush(step.map), last});
  }
  return runnable.reverse();
}

/** Merges neighbours whose factors meet at a value that nobody else reads. */
function mergeScalings(
  steps: readonly Step[],
  wanted: ReadonlySet<Slot>,
  mergeFactors: (a: Tensor, b: Tensor) => Tensor,
): Step[] {
  const readers = new Map<Slot, number>();
  for (const {inputs} of steps) for (const slot of inputs) readers.set(slot, (readers.get(slot) ?? 0) + 1);
  const merged: (Step | null)[] = [...steps];
  const maker = new Map<Slot, number>();
  steps.forEach((step, i) => {
    let current = step;
    const [slot] = step.inputs;
    const before = slot === undefined ? undefined : maker.get(slot);
    if (before !== undefined && step.inputs.length === 1 && readers.get(slot!) === 1 && !wanted.has(slot!)) {
      const joined = join(merged[before]!, step, mergeFactors);
      if (joined !== null) {
        merged[before] = null;
        merged[i] = joined;
        current = joined;
      }
    }
    if (current.outputs.length === 1) maker.set(current.outputs[0]!, i);
  });
  return merged.filter(step => step !== null);
}

/** Two steps, one behind the other, as one; `null` where their factors do not meet. */
function join(first: Step, second: Step, mergeFactors: (a: Tensor, b: Tensor) => Tensor): Step | null {
  const [a, b] = [first.map, second.map];
  if (typeof a === 'function' || typeof b === 'function') return null;
  // One of the two must be nothing but its factor, and the other have its own where they meet.
  const outer: Scaling | null =
    b.side === 'both' && a.side !== 'input' ? a : a.side === 'both' && b.side !== 'output' ? b : null;
  if (outer === null) return null;
  const factor = mergeFactors(a.factor, b.factor);
  return {
    names: outer === a ? first.names : [outer.input],
    inputs: first.inputs,
    outputs: second.outputs,
    map: {...outer, factor},
  };
}
