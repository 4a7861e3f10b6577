import type {Graph, Node, Value} from './graph.js';

/** Removes dead nodes, which no output depends on, and unused constants. */
export function withoutDeadNodes<Op>({inputs, nodes, outputs, constants}: Graph<Op>): Graph<Op> {
  const read = new Set<Value>(outputs);
  const live: Node<Op>[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some(value => read.has(value))) continue;
    live.push(node);
    for (const value of node.inputs) read.add(value);
  }
  return {inputs, nodes: live.reverse(), outputs, constants: constants.filter(value => read.has(value))};
}
