import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../kernels/run-kernel.js';
import type {Attributes} from '../../tfjs-internals/core/engine.js';

/** A kernel's inputs, by name. */
export type KernelInputs = Readonly<Record<string, Tensor>>;

/**
 * Runs kernels on tangents: on one at a time, or on k at a time along a leading probe axis.
 *
 * A rule names the inputs of a kernel that are tangents, and its code is the same in both cases.
 */
export interface Runner {
  /** The length k of the leading probe axis; `null` for a single tangent without that axis. */
  readonly probes: number | null;
  /**
   * @param lifted the inputs that are tangents and have the probe axis; at least one.
   * @returns the outputs, with the probe axis.
   */
  run(kernel: string, inputs: KernelInputs, lifted: readonly string[], attrs?: object): Tensor[];
  /** The shape of a tangent, with the probe axis, of a value of the given shape. */
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

/** One rule for all cases, or a rule for each input that is lifted alone. */
export type VmapRules<Attrs extends object = Attributes> = VmapRule<Attrs> | Readonly<Record<string, VmapRule<Attrs>>>;

/** Runs kernels on one tangent, unchanged. */
export const single: Runner = {
  probes: null,
  run: (kernel, inputs, _lifted, attrs) => runKernel(kernel, inputs, attrs),
  shape: shape => [...shape],
};

/** Runs kernels on k tangents along a leading axis: by their vmap rules, or on one tangent after another. */
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
