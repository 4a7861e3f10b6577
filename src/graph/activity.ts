import type {Node, Value} from './graph.js';

/** A node that derivatives flow through, and the positions of the inputs through which they enter. */
export interface ActiveNode<Op> {
  readonly node: Node<Op>;
  readonly active: readonly number[];
}

/**
 * Activity analysis: the nodes through which `to` depends differentiably on `from`, in order. Nodes that make only start values
 * are left out.
 *
 * @param differentiable the positions of the inputs in which a node is differentiable.
 */
export function activeNodes<Op>(
  nodes: readonly Node<Op>[],
  from: Iterable<Value>,
  to: Iterable<Value>,
  differentiable: (node: Node<Op>) => readonly number[],
): ActiveNode<Op>[] {
  const starts = new Set(from);
  const varied = new Set(starts);
  const reached: ActiveNode<Op>[] = [];
  for (const node of nodes) {
    const active = differentiable(node).filter(i => varied.has(node.inputs[i]!));
    if (active.length === 0) continue;
    for (const value of node.outputs) if (value.dtype === 'float32') varied.add(value);
    reached.push({node, active});
  }
  const useful = new Set([...to].filter(value => varied.has(value) && !starts.has(value)));
  const found: ActiveNode<Op>[] = [];
  for (const each of reached.reverse()) {
    const {inputs, outputs} = each.node;
    if (!outputs.some(value => useful.has(value))) continue;
    for (const i of each.active) if (!starts.has(inputs[i]!)) useful.add(inputs[i]!);
    found.push(each);
  }
  return found.reverse();
}
