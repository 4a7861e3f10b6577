import type {Graph, Node, Value} from './graph.js';

/**
 * Common subexpression elimination: of several nodes that compute the same, only the first is left. Equal literals become one
 * value.
 *
 * @param isSame whether two ops compute the same from the same inputs.
 */
export function withoutCommonNodes<Op>(graph: Graph<Op>, isSame: (a: Op, b: Op) => boolean): Graph<Op> {
  const standsFor = new Map<Value, Value>();
  const literals = new Map<string, Value>();
  for (const value of graph.constants) {
    const {dtype, shape, literal} = value;
    if (literal === undefined) continue;
    const key = `${dtype}[${shape.join()}]${literal.join()}`;
    standsFor.set(value, literals.get(key) ?? value);
    literals.set(key, standsFor.get(value)!);
  }
  // An output must stay a value of its own.
  const outputs = new Set(graph.outputs);
  const byFirstInput = new Map<Value | undefined, Node<Op>[]>();
  const nodes: Node<Op>[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(value => standsFor.get(value) ?? value);
    const candidates = byFirstInput.get(inputs[0]) ?? [];
    const same = node.outputs.some(value => outputs.has(value))
      ? undefined
      : candidates.find(other => sameItems(other.inputs, inputs) && isSame(other.op, node.op));
    if (same !== undefined) {
      node.outputs.forEach((value, i) => {
        standsFor.set(value, same.outputs[i]!);
      });
      continue;
    }
    const kept = {...node, inputs};
    nodes.push(kept);
    candidates.push(kept);
    byFirstInput.set(inputs[0], candidates);
  }
  const constants = graph.constants.filter(value => (standsFor.get(value) ?? value) === value);
  return {...graph, nodes, constants};
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
