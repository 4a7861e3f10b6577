import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../kernels/run-kernel.js';
import type {Attributes} from '../../tfjs-internals/core/engine.js';

/** A kernel's inputs, by name. */
export type KernelInputs = Readonly<Record<string, Tensor>>;

/**
 * Runs kernels on tangents.
 *
 * Tangents come one at a time, or k at a time along a leading probe axis. A rule says which of a kernel's inputs are
 * tangents, and runs the same way either way.
 */
export interface Runner {
  /** How many tangents lie along the leading axis; `null` when there is one and no such axis. */
  readonly probes: number | null;
  /**
   * @param lifted the inputs that are tangents and so carry the probe axis; there must be one at least.
   * @returns the outputs, which carry the probe axis too.
   */
  run(kernel: string, inputs: KernelInputs, lifted: readonly string[], attrs?: object): Tensor[];
  /** The full shape of a tangent of a value of this shape. */
  shape(shape: readonly number[]): number[];
}

/**
 * Runs a kernel on k values of its lifted inputs at once.
 *
 * @param inputs by name; the lifted ones have a leading axis of length k.
 * @param lifted the names of the lifted inputs.
 * @returns the outputs, with a leading axis of length k; `null` if the rule does not cover these inputs.
 */
export type VmapRule<Attrs extends object = Attributes> = (
  inputs: KernelInputs,
  lifted: readonly string[],
  attrs: Attrs,
  k: number,
) => Tensor[] | null;

/** One rule for all cases, or one for each input that may be lifted alone. */
export type VmapRules<Attrs extends object = Attributes> = VmapRule<Attrs> | Readonly<Record<string, VmapRule<Attrs>>>;

/** One tangent: every kernel runs as it is. */
export const single: Runner = {
  probes: null,
  run: (kernel, inputs, _lifted, attrs) => runKernel(kernel, inputs, attrs),
  shape: shape => [...shape],
};

/** k tangents along a leading axis. */
export function vmapped(k: number, rulesOf: (kernel: string) => VmapRules | undefined): Runner {
  return {
    probes: k,
    shape: shape => [k, ...shape],
    run(kernel, inputs, lifted, given = {}) {
      const attrs = given as Attributes;
      const rules = rulesOf(kernel);
      const rule = typeof rules === 'function' ? rules : lifted.length === 1 ? rules?.[lifted[0]!] : undefined;
      return rule?.(inputs, lifted, attrs, k) ?? oneByOne(kernel, inputs, lifted, attrs, k);
    },
  };
}

/** Runs a kernel on each of the k values of its lifted inputs in turn. */
function oneByOne(
  kernel: string,
  inputs: KernelInputs,
  lifted: readonly string[],
  attrs: Attributes,
  k: number,
): Tensor[] {
  const slices = lifted.map(name => [name, tf.unstack(inputs[name]!, 0)] as const);
  const results: Tensor[][] = [];
  for (let i = 0; i < k; i++) {
    const each = {...inputs};
    for (const [name, values] of slices) each[name] = values[i]!;
    results.push(runKernel(kernel, each, attrs));
  }
  return results[0]!.map((_, output) => tf.stack(results.map(outputs => outputs[output]!)));
}
