import type {Graph, Node} from './graph.js';
import {sizeOfValue} from './graph.js';

/** A larger constant is computed anew each time: held, it would add to the memory that the function takes. */
const SMALL = 2 ** 12;

/**
 * Evaluates, once and for all, the nodes that read nothing but constants and make small values.
 *
 * @param evaluate runs a node on its constants and stores what it makes as constants.
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
