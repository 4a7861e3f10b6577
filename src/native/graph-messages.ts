import type {PbfWriter} from 'pbf';
import type {Value} from '../graph/graph.js';
import {dtypeNumber} from './native-op.js';

/** Writes the fields of a protocol buffer message. */
export type Message = (writer: PbfWriter) => void;

/** A message as a field of another message. */
export function inField(field: number, message: Message): Message {
  return writer => writer.writeMessage(field, (_, w) => message(w), null);
}

/** A message whose first field is a name: a map entry or an argument. */
export function named(name: string, rest: Message): Message {
  return writer => {
    writer.writeStringField(1, name);
    rest(writer);
  };
}

/** A `NodeDef`. */
export function node(
  name: string,
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Message>>,
): Message {
  return writer => {
    writer.writeStringField(1, name);
    writer.writeStringField(2, op);
    for (const input of inputs) writer.writeStringField(3, input);
    for (const [key, value] of Object.entries(attributes)) {
      inField(5, named(key, inField(2, value)))(writer);
    }
  };
}

/** An attribute that is a data type. */
export function typeOf({dtype}: Pick<Value, 'dtype'>): Message {
  return typeNumber(dtypeNumber(dtype));
}

export function typeNumber(number: number): Message {
  return writer => writer.writeVarintField(6, number);
}

/** A `TensorShapeProto`. */
export function shapeOf({shape}: Pick<Value, 'shape'>): Message {
  return writer => {
    for (const size of shape) inField(2, w => w.writeVarintField(1, size))(writer);
  };
}

/** A `TensorProto` of 32-bit integers. */
export function integers(value: Pick<Value, 'shape' | 'dtype'>, numbers: readonly number[]): Message {
  return writer => {
    writer.writeVarintField(1, dtypeNumber(value.dtype));
    inField(2, shapeOf(value))(writer);
    writer.writeBytesField(4, new Uint8Array(Int32Array.from(numbers).buffer));
  };
}
