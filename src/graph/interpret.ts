import type {Graph, Node, Value} from './graph.js';
import {lastUses} from './last-uses.js';

/** Runs ops on one kind of operands: tensors of TensorFlow.js, tensors of the native engine, or jets. */
export interface Executor<Op, T> {
  /** @returns one operand for each output of the node; the interpreter owns them. */
  run(node: Node<Op>, inputs: readonly T[]): readonly T[];
  /** Disposes of an operand that the interpreter owns. */
  dispose(operand: T): void;
  /** The operand of a constant. */
  constant(value: Value): T;
  /** Makes a second reference to an operand, for an output that is an input, a constant or another output. */
  share(operand: T): T;
}

interface Instruction<Op> {
  readonly node: Node<Op>;
  /** Positions of operands. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Operands that no later instruction reads. */
  readonly last: readonly number[];
}

/**
 * Prepares a graph to be run many times.
 *
 * Operands are disposed of after their last use; if a node throws, all of them are.
 *
 * @returns a function from inputs to outputs; the caller owns the outputs.
 */
export function interpreter<Op, T>(graph: Graph<Op>, executor: Executor<Op, T>): (inputs: readonly T[]) => T[] {
  const places = new Map<Value, number>();
  const place = (value: Value): number => {
    const at = places.get(value) ?? places.size;
    places.set(value, at);
    return at;
  };
  const given = graph.inputs.map(place);
  const constants = graph.constants.map(value => [place(value), value] as const);
  const last = lastUses(graph);
  const instructions = graph.nodes.map(
    (node, i): Instruction<Op> => ({
      node,
      inputs: node.inputs.map(place),
      outputs: node.outputs.map(place),
      last: last[i]!.map(place),
    }),
  );
  const results = graph.outputs.map(place);
  const notMade = new Set([...given, ...constants.map(([at]) => at)]);
  const isOwn = results.map((at, i) => !notMade.has(at) && results.indexOf(at) === i);

  return inputs => {
    const operands = new Array<T>(places.size);
    for (const [at, value] of constants) operands[at] = executor.constant(value);
    for (let i = 0; i < given.length; i++) operands[given[i]!] = inputs[i]!;
    let done = 0;
    try {
      for (const {node, inputs: reads, outputs, last} of instructions) {
        const read = new Array<T>(reads.length);
        for (let i = 0; i < reads.length; i++) read[i] = operands[reads[i]!]!;
        const made = executor.run(node, read);
        for (let i = 0; i < outputs.length; i++) operands[outputs[i]!] = made[i]!;
        for (const at of last) executor.dispose(operands[at]!);
        done++;
      }
    } catch (error) {
      const ran = instructions.slice(0, done);
      const gone = new Set(ran.flatMap(({last}) => last));
      for (const at of ran.flatMap(({outputs}) => outputs)) if (!gone.has(at)) executor.dispose(operands[at]!);
      throw error;
    }
    return results.map((at, i) => (isOwn[i] ? operands[at]! : executor.share(operands[at]!)));
  };
}
