// Writes a function as a TensorFlow graph. The field numbers are those of TensorFlow's graph, node_def, attr_value, tensor,
// tensor_shape and versions `.proto` files.

import type {Value} from '../graph/graph.js';
import type {NativeBackend, NativeBinding, OpAttribute} from '../tfjs-internals/node/backend.js';
import type {Message} from './graph-messages.js';
import {inField, node, shapeOf, typeNumber, typeOf} from './graph-messages.js';
import type {NativeGraph} from './native-op.js';
import {dtypeNumber} from './native-op.js';
import {functions, isSoftmax, SOFTMAX} from './softmax-function.js';

/** A graph as TensorFlow reads it, and the names of its feeds and outputs. */
export interface GraphDef {
  /** The graph as a `GraphDef`. */
  readonly message: Message;
  /** The constants that are fed after the inputs. */
  readonly fed: readonly Value[];
  /** The names of all feeds in the same order, separated by commas. */
  readonly feedNames: string;
  /** The names of the outputs, separated by commas. */
  readonly outputNames: string;
}

/** The graph version of TensorFlow 2.3, which defines the ops' behaviour. */
const PRODUCER = 440;

/**
 * Prevents TensorFlow from replacing ops by others, such as one sum for several. So results have the same bits as ops that run
 * one by one, and do not depend on when the graph is loaded.
 */
const asItIs: Readonly<Record<string, Message>> = {
  _grappler_do_not_remove: writer => writer.writeBooleanField(5, true),
};

/** Literals are part of the graph; all other constants are fed, so that functions of the same signature share their graph. */
export function graphDef(graph: NativeGraph, {binding, isUsingGpuDevice}: NativeBackend): GraphDef {
  const nodes: Message[] = [];
  const names = new Map<Value, string>();
  const feeds: Value[] = [];
  const feed = (value: Value): void => {
    const name = `feed_${feeds.length}`;
    nodes.push(node(name, 'Placeholder', [], {dtype: typeOf(value), shape: inField(7, shapeOf(value))}));
    feeds.push(value);
    names.set(value, name);
  };
  const writeConstant = (value: Value): void => {
    const {literal} = value;
    if (literal === undefined) {
      feed(value);
      return;
    }
    const name = `constant_${names.size}`;
    nodes.push(node(name, 'Const', [], {dtype: typeOf(value), value: inField(8, tensorOf(value, literal))}));
    names.set(value, name);
  };

  graph.inputs.forEach(feed);
  for (const [i, each] of graph.nodes.entries()) {
    const {op} = each;
    for (const value of each.inputs) if (!names.has(value)) writeConstant(value);
    const inputs = each.inputs.map(value => names.get(value)!);
    // On a GPU there is no other softmax.
    if (isSoftmax(each) && !isUsingGpuDevice) nodes.push(node(`op_${i}`, SOFTMAX, inputs, asItIs));
    else {
      const attributes = op.attributes.map(a => [a.name, attributeOf(a, binding)] as const);
      nodes.push(node(`op_${i}`, op.name, inputs, {...Object.fromEntries(attributes), ...asItIs}));
    }
    for (const [output, value] of each.outputs.entries()) names.set(value, `op_${i}:${output}`);
  }

  const versions: Message = writer => writer.writeVarintField(1, PRODUCER);
  return {
    message: writer => {
      for (const write of nodes) inField(1, write)(writer);
      inField(2, functions)(writer);
      inField(4, versions)(writer);
    },
    fed: feeds.slice(graph.inputs.length),
    feedNames: feeds.map((_, i) => `feed_${i}:0`).join(),
    outputNames: graph.outputs.map(value => names.get(value)!).join(),
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

/** A `TensorProto` of 32-bit integers. */
function tensorOf(value: Value, literal: readonly number[]): Message {
  return writer => {
    writer.writeVarintField(1, dtypeNumber(value.dtype));
    inField(2, shapeOf(value))(writer);
    writer.writeBytesField(4, new Uint8Array(Int32Array.from(literal).buffer));
  };
}
