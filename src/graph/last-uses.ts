import type {Graph, Value} from './graph.js';

/** For each node, the values made by nodes whose last use it is: they can be disposed of after it. */
export function lastUses<Op>({inputs, nodes, outputs, constants}: Graph<Op>): (readonly Value[])[] {
  const readLater = new Set<Value>([...outputs, ...inputs, ...constants]);
  return nodes
    .toReversed()
    .map(node => {
      const last = [...new Set([...node.inputs, ...node.outputs])].filter(value => !readLater.has(value));
      for (const value of node.inputs) readLater.add(value);
      return last;
    })
    .reverse();
}
