/** A value that flows through a graph. Two values are the same if they are the same object. */
export interface Value {
  readonly shape: readonly number[];
  /** `float32`, `int32`, … */
  readonly dtype: string;
  /** The numbers of a small constant that is part of the program: a shape, a list of axes. */
  readonly literal?: readonly number[];
}

/** One operation, the values that it reads and the values that it makes. */
export interface Node<Op> {
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/**
 * A function as a list of operations in single-assignment form: each value is made once, before it is read.
 *
 * A graph is plain data and owns nothing. The tensors behind its constants are in a store beside it.
 */
export interface Graph<Op> {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node<Op>[];
  readonly outputs: readonly Value[];
  /** What is read but neither given as an input nor made by a node. */
  readonly constants: readonly Value[];
}

/** A graph of nodes; its constants are what they read, and what is put out, without being made. */
export function graphOf<Op>(
  inputs: readonly Value[],
  nodes: readonly Node<Op>[],
  outputs: readonly Value[],
): Graph<Op> {
  const known = new Set(inputs);
  const constants: Value[] = [];
  const read = (value: Value) => {
    if (known.has(value)) return;
    known.add(value);
    constants.push(value);
  };
  for (const node of nodes) {
    node.inputs.forEach(read);
    for (const value of node.outputs) known.add(value);
  }
  outputs.forEach(read);
  return {inputs, nodes, outputs, constants};
}

export function sameShape(a: Value, b: Value): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
}

/** How many numbers a value has. */
export function sizeOfValue({shape}: Value): number {
  return shape.reduce((size, length) => size * length, 1);
}
