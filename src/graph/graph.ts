/** A value in a graph. Two values are the same if they are the same object. */
export interface Value {
  readonly shape: readonly number[];
  /** `float32`, `int32`, … */
  readonly dtype: string;
  /** The numbers of a small constant that is part of the program, such as a shape or a list of axes. */
  readonly literal?: readonly number[];
}

/** One operation, with the values that it reads and the values that it makes. */
export interface Node<Op> {
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/**
 * A function as a list of operations in static single assignment (SSA) form: each value is made once, before it is read.
 *
 * A graph is plain immutable data and owns nothing. The tensors of its constants are in a separate store.
 */
export interface Graph<Op> {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node<Op>[];
  readonly outputs: readonly Value[];
  /** Values that are read but are neither inputs nor made by a node. */
  readonly constants: readonly Value[];
}

/** Makes a graph of nodes. Its constants are all values that are read or returned but not made. */
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

/** Whether two values have the same shape. */
export function sameShape(a: Value, b: Value): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
}

/** The number of elements of a value. */
export function sizeOfValue({shape}: Value): number {
  return shape.reduce((size, length) => size * length, 1);
}
