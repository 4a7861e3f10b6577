import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Graph, Node, Value} from '../../graph/graph.js';
import {graphOf} from '../../graph/graph.js';
import type {Executor} from '../../graph/interpret.js';
import {mergeDiagonals} from '../../graph/merge-diagonals.js';
import type {KernelNode} from '../../kernels/kernel-op.js';
import {activeKernels} from '../recording/active-kernels.js';
import type {LinearMap, Push, Scaling} from '../rules/rule.js';
import {asList} from '../rules/rule-constructors.js';
import type {Runner} from '../rules/runner.js';
import {asPush} from '../rules/scaling.js';

/** The derivative of a kernel, or of several kernels with merged diagonal factors, as an op on tangents. */
export interface TangentOp {
  readonly kernel: string;
  /** The names of the inputs that have tangents. */
  readonly names: readonly string[];
  readonly map: LinearMap;
  /** The kernel's layer; `null` if it is not known. */
  readonly layer: string | null;
}

/** A linear function of tangents; each value stands for its tangent. */
export type TangentGraph = Graph<TangentOp>;

/**
 * The derivative of the recorded kernels between two sets of values (forward mode), as a graph of linear maps.
 *
 * @param derivativeOf the derivative of a kernel in the named inputs.
 * @param multiply the product of two diagonal factors; `multiply` owns it.
 */
export function tangentGraph(
  nodes: readonly KernelNode[],
  from: readonly Value[],
  to: readonly Value[],
  derivativeOf: (node: KernelNode, names: readonly string[]) => TangentOp,
  multiply: (a: Tensor, b: Tensor) => Tensor,
): TangentGraph {
  const graph = graphOf(from, derivatives(nodes, from, to, derivativeOf), to);
  return mergeDiagonals(graph, (first, second) => join(first, second, multiply));
}

/** The derivatives of the kernels between two sets of values, in order. */
export function derivatives<Op>(
  nodes: readonly KernelNode[],
  from: readonly Value[],
  to: readonly Value[],
  derivativeOf: (node: KernelNode, names: readonly string[]) => Op,
): Node<Op>[] {
  const starts = new Set(from);
  return activeKernels(nodes, from, to).map(({node, active}) => ({
    op: derivativeOf(
      node,
      active.map(i => node.op.inputNames[i]!),
    ),
    inputs: active.map(i => node.inputs[i]!),
    // If a kernel on the way makes a start value, that value keeps the tangent that it was given.
    outputs: node.outputs.map(value => (starts.has(value) ? {...value} : value)),
  }));
}

/** Two consecutive maps as one; `null` if their diagonal factors are not adjacent. */
function join(
  first: Node<TangentOp>,
  second: Node<TangentOp>,
  multiply: (a: Tensor, b: Tensor) => Tensor,
): TangentOp | null {
  const [a, b] = [first.op.map, second.op.map];
  if (typeof a === 'function' || typeof b === 'function') return null;
  // One of the two must consist of its factor alone, and the other must have its factor on the side of the first.
  const outer: Scaling | null =
    b.side === 'both' && a.side !== 'input' ? a : a.side === 'both' && b.side !== 'output' ? b : null;
  if (outer === null) return null;
  const {names, ...op} = outer === a ? first.op : second.op;
  return {...op, names: outer === a ? names : [outer.input], map: {...outer, factor: multiply(a.factor, b.factor)}};
}

/** Runs linear maps on tangents and keeps the results; `onNode` is called before each map. */
export function tangentExecutor(runner: Runner, onNode: (node: Node<TangentOp>) => void): Executor<TangentOp, Tensor> {
  const pushes = new WeakMap<TangentOp, Push>();
  return {
    run(node, tangents) {
      const {op} = node;
      const push = pushes.get(op) ?? asPush(op.map);
      pushes.set(op, push);
      onNode(node);
      const named = Object.fromEntries(op.names.map((name, i) => [name, tangents[i]!]));
      return tf.tidy(() => asList(push(named, runner)).map(tensor => tf.keep(tensor)));
    },
    dispose: tangent => tangent.dispose(),
    share: tangent => tf.keep(tangent.clone()),
    constant() {
      throw new Error('a linear map has no constants');
    },
  };
}
