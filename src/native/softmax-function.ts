import type {NativeBinding} from '../tfjs-internals/node/backend.js';
import type {Message} from './graph-messages.js';
import {inField, named, node, typeOf} from './graph-messages.js';
import type {NativeOp} from './op-list.js';

// On its way to a graph TensorFlow puts oneDNN's softmax in the place of its own, which it does not do where ops run one by
// one: the two round otherwise. It leaves the bodies of functions that are not inlined as they are.

/** What a softmax is called in a graph: a function around TensorFlow's own op. */
export const SOFTMAX = 'SoftmaxAsItIs';

/** `DT_FLOAT`, which is `TF_FLOAT`. */
const FLOAT = 1;

export function isSoftmax({name, inputs}: NativeOp, {TF_FLOAT}: NativeBinding): boolean {
  return name === 'Softmax' && inputs[0]!.dtype === TF_FLOAT;
}

/** The graph's library of functions. */
export const functions: Message = inField(1, writer => {
  inField(1, w => {
    w.writeStringField(1, SOFTMAX);
    inField(2, argument('logits'))(w);
    inField(3, argument('result'))(w);
  })(writer);
  inField(3, node('softmax', 'Softmax', ['logits'], {T: typeOf({dtype: FLOAT})}))(writer);
  inField(
    4,
    named('result', w => w.writeStringField(2, 'softmax:softmax:0')),
  )(writer);
  inField(
    5,
    named(
      '_noinline',
      inField(2, w => w.writeBooleanField(5, true)),
    ),
  )(writer);
});

function argument(name: string): Message {
  return named(name, w => w.writeVarintField(3, FLOAT));
}
