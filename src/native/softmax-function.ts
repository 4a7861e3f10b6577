import type {Message} from './graph-messages.js';
import {inField, named, node, typeOf} from './graph-messages.js';
import type {NativeNode} from './native-op.js';
import {dtypeNumber} from './native-op.js';

// In a graph, TensorFlow replaces its softmax by oneDNN's, which rounds differently; it does not do so for ops that run one by
// one. It does not change the bodies of functions that are not inlined.

/** The name of a softmax in a graph: a function around TensorFlow's own op. */
export const SOFTMAX = 'SoftmaxAsItIs';

const FLOAT = 'float32';

export function isSoftmax({op, inputs}: NativeNode): boolean {
  return op.name === 'Softmax' && inputs[0]!.dtype === FLOAT;
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
  return named(name, w => w.writeVarintField(3, dtypeNumber(FLOAT)));
}
