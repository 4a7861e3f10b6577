import type {ActiveNode} from '../../graph/activity.js';
import {activeNodes} from '../../graph/activity.js';
import type {Value} from '../../graph/graph.js';
import {graphOf} from '../../graph/graph.js';
import {attributeWords, signature} from '../../graph/signature.js';
import type {KernelGraph, KernelNode, KernelOp} from '../../kernels/kernel-op.js';
import {ruleOf} from '../rules/rule-table.js';

/** The kernels through which some values depend, differentiably, on others. */
export function activeKernels(
  nodes: readonly KernelNode[],
  from: Iterable<Value>,
  to: Iterable<Value>,
): ActiveNode<KernelOp>[] {
  return activeNodes(nodes, from, to, differentiableInputs);
}

/** A kernel without a rule counts as differentiable in all inputs: so it is found, and named where it matters. */
function differentiableInputs({op, inputs, outputs}: KernelNode): number[] {
  if (outputs.every(value => value.dtype !== 'float32')) return [];
  const differentiable = ruleOf(op.kernel)?.differentiable ?? 'all';
  return inputs.map((_, i) => i).filter(i => differentiable === 'all' || differentiable.includes(op.inputNames[i]!));
}

/** The kernels between some values and others as a function. What it reads besides is its constants: data, masks. */
export function functionBetween(
  nodes: readonly KernelNode[],
  from: readonly Value[],
  to: readonly Value[],
): KernelGraph {
  const starts = new Set(from);
  const between = activeKernels(nodes, from, to).map(({node}) => ({
    ...node,
    // A value to start from that a kernel makes on the way keeps what it is given.
    outputs: node.outputs.map(value => (starts.has(value) ? {...value} : value)),
  }));
  return graphOf(from, between, to);
}

/** What a function of kernels does: two of the same signature run the same kernels in the same order. */
export function kernelSignature(graph: KernelGraph): string {
  return signature(graph, ({kernel, inputNames, attrs}) => `${kernel}<${inputNames.join()}>${attributeWords(attrs)}`);
}
