import type {Graph, Node, Value} from './graph.js';

/** What two nodes must share to compute the same. */
export interface Identity {
  /** The op with all its attributes. */
  readonly words: string;
  /** Whether the order of the inputs does not matter. */
  readonly isCommutative: boolean;
}

/**
 * Common subexpression elimination: of several nodes that compute the same, only the first is left. Equal literals become one
 * value.
 *
 * @param identityOf `null` for a node that must stay, such as one that draws random numbers.
 * @param sameConstant the constant that stands for another one with the same content, or the constant itself.
 */
export function withoutCommonNodes<Op>(
  graph: Graph<Op>,
  identityOf: (node: Node<Op>) => Identity | null,
  sameConstant: (constant: Value) => Value = value => value,
): Graph<Op> {
  const numbers = new Map<Value, number>();
  const numberOf = (value: Value): number => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  };
  const literals = new Map<string, Value>();
  const sameLiteral = (value: Value): Value => {
    const {dtype, shape, literal} = value;
    if (literal === undefined) return sameConstant(value);
    const key = `${dtype}[${shape.join()}]${literal.join()}`;
    const same = literals.get(key) ?? value;
    literals.set(key, same);
    return same;
  };
  const standsFor = new Map(graph.constants.map(value => [value, sameLiteral(value)]));
  // An output must stay a value of its own.
  const outputs = new Set(graph.outputs);
  const first = new Map<string, Node<Op>>();
  const nodes: Node<Op>[] = [];
  for (const each of graph.nodes) {
    const node = {...each, inputs: each.inputs.map(value => standsFor.get(value) ?? value)};
    const identity = identityOf(node);
    if (identity !== null) {
      const operands = node.inputs.map(numberOf);
      if (identity.isCommutative) operands.sort((a, b) => a - b);
      const key = `${identity.words}(${operands.join()})`;
      const same = first.get(key);
      if (same === undefined) first.set(key, node);
      else if (!node.outputs.some(value => outputs.has(value))) {
        node.outputs.forEach((value, i) => {
          standsFor.set(value, same.outputs[i]!);
        });
        continue;
      }
    }
    nodes.push(node);
  }
  const constants = [...new Set(graph.constants.map(value => standsFor.get(value)!))];
  return {...graph, nodes, constants};
}
