import type {Graph, Node, Value} from './graph.js';
import {sameShape} from './graph.js';

/** What an op does to its first input: nothing, a change of shape, or something else. */
export type Effect = 'none' | 'reshape' | 'other';

/**
 * Removes nodes that change nothing, reshapes to the same shape included. Each of several consecutive reshapes then reads the
 * input of the first.
 */
export function withoutPassThrough<Op>(graph: Graph<Op>, effectOf: (node: Node<Op>) => Effect): Graph<Op> {
  const standsFor = new Map<Value, Value>();
  const reshaped = new Map<Value, Value>();
  // An output must stay a value of its own.
  const outputs = new Set(graph.outputs);
  const nodes: Node<Op>[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(value => standsFor.get(value) ?? value);
    const effect = effectOf(node);
    const [made] = node.outputs as [Value];
    const source = effect === 'reshape' ? (reshaped.get(inputs[0]!) ?? inputs[0]!) : inputs[0]!;
    const isRedundant = effect === 'none' || (effect === 'reshape' && sameShape(source, made));
    if (isRedundant && !outputs.has(made)) {
      standsFor.set(made, source);
      continue;
    }
    if (effect === 'reshape') reshaped.set(made, source);
    nodes.push({...node, inputs: effect === 'reshape' ? [source, ...inputs.slice(1)] : inputs});
  }
  return {...graph, nodes};
}
