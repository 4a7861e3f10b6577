import type {Graph, Node} from './graph.js';
import {sizeOfValue} from './graph.js';

/** Larger results are not folded, since they would stay in memory. */
const SMALL = 2 ** 12;

/**
 * Constant folding: nodes that only read constants and make small values are evaluated once.
 *
 * @param evaluate runs a node on its constants and stores the results as constants.
 */
export function foldConstants<Op>(graph: Graph<Op>, evaluate: (node: Node<Op>) => void): Graph<Op> {
  const constants = new Set(graph.constants);
  const outputs = new Set(graph.outputs);
  const nodes: Node<Op>[] = [];
  for (const node of graph.nodes) {
    const isConstant =
      node.inputs.every(value => constants.has(value)) &&
      node.outputs.every(value => sizeOfValue(value) <= SMALL && !outputs.has(value));
    if (!isConstant) {
      nodes.push(node);
      continue;
    }
    evaluate(node);
    for (const value of node.outputs) constants.add(value);
  }
  return {...graph, nodes, constants: [...constants]};
}
