import type {Graph, Node, Value} from './graph.js';

export interface PrintArgs<Op> {
  /** An op's name and the attributes that a reader needs. */
  readonly words: (op: Op, node: Node<Op>) => string;
  /** A comment on a node, such as its layer and cost. */
  readonly note?: (node: Node<Op>) => string;
}

/**
 * Prints a graph: one line for each node, such as `%3: float32[32,10] = BatchMatMul(%0, c1)`. Literals are printed as numbers,
 * other constants as `c1`, `c2`, ….
 */
export function print<Op>(graph: Graph<Op>, {words, note}: PrintArgs<Op>): string {
  const names = new Map<Value, string>();
  graph.inputs.forEach((value, i) => {
    names.set(value, `%${i}`);
  });
  let constants = 0;
  for (const value of graph.constants) {
    names.set(value, value.literal ? `[${value.literal.join(',')}]` : `c${++constants}`);
  }
  let next = graph.inputs.length;
  const rows: [text: string, note: string][] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(value => names.get(value)!).join(', ');
    const outputs = node.outputs.map(value => {
      names.set(value, `%${next++}`);
      return typed(names.get(value)!, value);
    });
    rows.push([`${outputs.join(', ')} = ${words(node.op, node)}(${inputs})`, note?.(node) ?? '']);
  }
  const width = Math.max(0, ...rows.map(([text]) => text.length));
  const held = graph.constants.filter(({literal}) => literal === undefined);
  return [
    `inputs ${graph.inputs.map(value => typed(names.get(value)!, value)).join(', ')}`,
    ...(held.length > 0 ? [`constants ${held.map(value => typed(names.get(value)!, value)).join(', ')}`] : []),
    ...rows.map(([text, note]) => (note === '' ? `  ${text}` : `  ${text.padEnd(width)}  # ${note}`)),
    `outputs ${graph.outputs.map(value => names.get(value)!).join(', ')}`,
  ].join('\n');
}

function typed(name: string, {dtype, shape}: Value): string {
  return `${name}: ${dtype}[${shape.join(',')}]`;
}

/** The attributes of an op that a reader needs, such as `{size=[4,2], transposeA}`; an empty string if there are none. */
export function attributesInWords(attributes: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(attributes).flatMap(([name, value]) => {
    if (value === true) return name;
    if (value === undefined || value === null || value === false) return [];
    return typeof value === 'object' && !Array.isArray(value)
      ? []
      : `${name}=${JSON.stringify(value).replaceAll('"', '')}`;
  });
  return words.length === 0 ? '' : `{${words.join(', ')}}`;
}
