import type {Graph, Value} from './graph.js';

/**
 * Text that identifies what a graph does: two graphs with the same signature run the same ops on the same shapes in the same
 * order. Constants count only by shape and type, except for literals.
 *
 * @param wordsOf an op's name with all its attributes.
 */
export function signature<Op>(graph: Graph<Op>, wordsOf: (op: Op) => string): string {
  const numbers = new Map<Value, number>();
  const lines: string[] = [];
  const numberOf = (value: Value): number => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    const number = numbers.size;
    numbers.set(value, number);
    const {dtype, shape, literal} = value;
    lines.push(`${number}:${dtype}[${shape.join()}]${literal === undefined ? '' : `=${literal.join()}`}`);
    return number;
  };
  graph.inputs.forEach(numberOf);
  for (const {op, inputs, outputs} of graph.nodes) {
    const reads = inputs.map(numberOf);
    const makes = outputs.map(numberOf);
    lines.push(`${makes.join()}=${wordsOf(op)}(${reads.join()})`);
  }
  lines.push(graph.outputs.map(numberOf).join());
  return lines.join('\n');
}

/** Attributes as JSON, with infinities and NaN written out. */
export function attributeWords(attributes: unknown): string {
  return JSON.stringify(attributes, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}
