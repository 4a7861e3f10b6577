// The field numbers are those of TensorFlow's saved_model and meta_graph `.proto` files.

import {PbfWriter} from 'pbf';
import type {GraphDef} from './graph-def.js';
import type {Message} from './graph-messages.js';
import {inField} from './graph-messages.js';

/** The graph's tag. */
export const TAG = 'serve';

/** A graph as a `saved_model.pb` file, the format from which the addon loads sessions. */
export function savedModel({message}: GraphDef): Uint8Array {
  const info: Message = writer => writer.writeStringField(4, TAG);
  const metaGraph: Message = writer => {
    inField(1, info)(writer);
    inField(2, message)(writer);
  };
  const writer = new PbfWriter();
  writer.writeVarintField(1, 1);
  inField(2, metaGraph)(writer);
  return writer.finish();
}
