// Writes a function as a TensorFlow graph. The field numbers are those of TensorFlow's graph, node_def, attr_value, tensor,
// tensor_shape and versions `.proto` files.

import type {Value} from '../graph/graph.js';
import type {NativeBackend, NativeBinding, OpAttribute} from '../tfjs-internals/node/backend.js';
import type {Message} from './graph-messages.js';
import {inField, integers, node, shapeOf, typeNumber, typeOf} from './graph-messages.js';
import type {NativeGraph} from './native-op.js';
import {functions, isSoftmax, SOFTMAX} from './softmax-function.js';

/** A graph as TensorFlow reads it, and the names of its feeds and outputs. */
export interface GraphDef {
  /** The graph as a `GraphDef`. */
  readonly message: Message;
  /** The names of the inputs. */
  readonly inputNames: readonly string[];
  /** The constants that are not part of the graph. */
  readonly constants: readonly Value[];
  /** Where they are fed, in the same order. */
  readonly constantNames: readonly string[];
  readonly outputNames: readonly string[];
}

/** Where a graph has the constants that are not part of it. */
export interface ConstantHolder {
  /** Adds the nodes of a constant, where it is fed by a given name. Returns the name of its value. */
  constant(name: string, value: Value, add: (node: Message) => void): string;
  /** Adds nodes at the end. */
  end(add: (node: Message) => void): void;
}

/** They are fed in each run. */
const fed: ConstantHolder = {
  constant(name, value, add) {
    add(placeholder(name, value));
    return name;
  },
  end() {},
};

/** A node that is fed. */
export function placeholder(name: string, value: Value): Message {
  return node(name, 'Placeholder', [], {dtype: typeOf(value), shape: inField(7, shapeOf(value))});
}

/** The graph version of TensorFlow 2.3, which defines the ops' behaviour. */
const PRODUCER = 440;

/**
 * Prevents TensorFlow from replacing ops by others, such as one sum for several. So results have the same bits as ops that run
 * one by one, and do not depend on when the graph is loaded.
 */
export const asItIs: Readonly<Record<string, Message>> = {
  _grappler_do_not_remove: writer => writer.writeBooleanField(5, true),
};

/** Literals are part of the graph, other constants are not, so that functions of the same signature share their graph. */
export function graphDef(
  graph: NativeGraph,
  {binding, isUsingGpuDevice}: NativeBackend,
  holder: ConstantHolder = fed,
): GraphDef {
  const nodes: Message[] = [];
  const add = (message: Message): void => {
    nodes.push(message);
  };
  const names = new Map<Value, string>();
  const constants: Value[] = [];
  const writeConstant = (value: Value): void => {
    const {literal} = value;
    if (literal === undefined) {
      names.set(value, holder.constant(`held_${constants.length}`, value, add));
      constants.push(value);
      return;
    }
    const name = `constant_${names.size}`;
    add(node(name, 'Const', [], {dtype: typeOf(value), value: inField(8, integers(value, literal))}));
    names.set(value, name);
  };

  for (const [i, value] of graph.inputs.entries()) {
    add(placeholder(`input_${i}`, value));
    names.set(value, `input_${i}`);
  }
  for (const [i, each] of graph.nodes.entries()) {
    const {op} = each;
    for (const value of each.inputs) if (!names.has(value)) writeConstant(value);
    const inputs = each.inputs.map(value => names.get(value)!);
    // On a GPU there is no other softmax.
    if (isSoftmax(each) && !isUsingGpuDevice) add(node(`op_${i}`, SOFTMAX, inputs, asItIs));
    else {
      const attributes = op.attributes.map(a => [a.name, attributeOf(a, binding)] as const);
      add(node(`op_${i}`, op.name, inputs, {...Object.fromEntries(attributes), ...asItIs}));
    }
    for (const [output, value] of each.outputs.entries()) names.set(value, `op_${i}:${output}`);
  }

  holder.end(add);

  const versions: Message = writer => writer.writeVarintField(1, PRODUCER);
  return {
    message: writer => {
      for (const write of nodes) inField(1, write)(writer);
      inField(2, functions)(writer);
      inField(4, versions)(writer);
    },
    inputNames: graph.inputs.map((_, i) => `input_${i}:0`),
    constants,
    constantNames: constants.map((_, i) => `held_${i}:0`),
    outputNames: graph.outputs.map(value => names.get(value)!),
  };
}

function attributeOf({name, type, value}: OpAttribute, binding: NativeBinding): Message {
  const {TF_ATTR_BOOL, TF_ATTR_FLOAT, TF_ATTR_INT, TF_ATTR_SHAPE, TF_ATTR_STRING, TF_ATTR_TYPE} = binding;
  if (type === TF_ATTR_SHAPE) return inField(7, shapeOf({shape: value as number[]}));
  const one = (item: unknown): Message => {
    switch (type) {
      case TF_ATTR_STRING:
        return w => w.writeStringField(2, item as string);
      case TF_ATTR_INT:
        return w => w.writeVarintField(3, item as number);
      case TF_ATTR_FLOAT:
        return w => w.writeFloatField(4, item as number);
      case TF_ATTR_BOOL:
        return w => w.writeBooleanField(5, item as boolean);
      case TF_ATTR_TYPE:
        return typeNumber(item as number);
      default:
        throw new Error(`the attribute "${name}" has a type that cannot be written to a graph`);
    }
  };
  if (!Array.isArray(value)) return one(value);
  // A list uses the field numbers of single values.
  const items = value.map(one);
  return inField(1, writer => {
    for (const write of items) write(writer);
  });
}
