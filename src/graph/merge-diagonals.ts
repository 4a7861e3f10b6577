import type {Graph, Node, Value} from './graph.js';

/**
 * Merges adjacent diagonal factors: two consecutive nodes that multiply by diagonal matrices become one, if no other node reads
 * the value between them.
 *
 * @param join two consecutive nodes as one op on the inputs of the first; `null` if their factors are not adjacent.
 */
export function mergeDiagonals<Op>(
  graph: Graph<Op>,
  join: (first: Node<Op>, second: Node<Op>) => Op | null,
): Graph<Op> {
  const readers = new Map<Value, number>();
  for (const value of graph.nodes.flatMap(({inputs}) => inputs)) readers.set(value, (readers.get(value) ?? 0) + 1);
  for (const value of graph.outputs) readers.set(value, Number.POSITIVE_INFINITY);
  const nodes: (Node<Op> | null)[] = [...graph.nodes];
  const maker = new Map<Value, number>();
  graph.nodes.forEach((node, i) => {
    const [value] = node.inputs;
    const before = value && node.inputs.length === 1 && readers.get(value) === 1 ? maker.get(value) : undefined;
    const op = before === undefined ? null : join(nodes[before]!, node);
    if (op !== null) {
      nodes[i] = {op, inputs: nodes[before!]!.inputs, outputs: node.outputs};
      nodes[before!] = null;
    }
    if (node.outputs.length === 1) maker.set(node.outputs[0]!, i);
  });
  return {...graph, nodes: nodes.filter(node => node !== null)};
}
