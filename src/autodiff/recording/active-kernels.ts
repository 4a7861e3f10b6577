import type {ActiveNode} from '../../graph/activity.js';
import {activeNodes} from '../../graph/activity.js';
import type {Value} from '../../graph/graph.js';
import {graphOf} from '../../graph/graph.js';
import {attributeWords, signature} from '../../graph/signature.js';
import type {KernelGraph, KernelNode, KernelOp} from '../../kernels/kernel-op.js';
import {ruleOf} from '../rules/rule-table.js';

/** Activity analysis of recorded kernels: those through which `to` depends differentiably on `from`. */
export function activeKernels(
  nodes: readonly KernelNode[],
  from: Iterable<Value>,
  to: Iterable<Value>,
): ActiveNode<KernelOp>[] {
  return activeNodes(nodes, from, to, differentiableInputs);
}

/** A kernel without a rule counts as differentiable in all inputs, so that it is found and reported. */
function differentiableInputs({op, inputs, outputs}: KernelNode): number[] {
  if (outputs.every(value => value.dtype !== 'float32')) return [];
  const differentiable = ruleOf(op.kernel)?.differentiable ?? 'all';
  return inputs.map((_, i) => i).filter(i => differentiable === 'all' || differentiable.includes(op.inputNames[i]!));
}

/** The kernels between two sets of values, as a function. Everything else that they read is a constant: data, masks. */
export function functionBetween(
  nodes: readonly KernelNode[],
  from: readonly Value[],
  to: readonly Value[],
): KernelGraph {
  const starts = new Set(from);
  const between = activeKernels(nodes, from, to).map(({node}) => ({
    ...node,
    // If a kernel on the way makes a start value, that value keeps what it was given.
    outputs: node.outputs.map(value => (starts.has(value) ? {...value} : value)),
  }));
  return graphOf(from, between, to);
}

/** Two functions with the same signature run the same kernels in the same order. */
export function kernelSignature(graph: KernelGraph): string {
  return signature(graph, ({kernel, inputNames, attrs}) => `${kernel}<${inputNames.join()}>${attributeWords(attrs)}`);
}
