import {withoutCommonNodes} from '../graph/common-nodes.js';
import {withoutDeadNodes} from '../graph/dead-nodes.js';
import {foldConstants} from '../graph/fold-constants.js';
import type {Effect} from '../graph/pass-through.js';
import {withoutPassThrough} from '../graph/pass-through.js';
import {attributeWords} from '../graph/signature.js';
import type {NativeBinding} from '../tfjs-internals/node/backend.js';
import type {NativeFunction, NativeNode, NativeOp} from './native-op.js';

/**
 * Simplifies a function: no pass-through ops, dead ops, ops that compute the same or ops on constants only. Unused constants are
 * disposed of. The numbers stay the same, bit for bit.
 */
export function simplified({graph, constants}: NativeFunction, binding: NativeBinding): NativeFunction {
  const live = withoutDeadNodes(withoutCommonNodes(withoutPassThrough(graph, effectOf), isSame));
  const folded = foldConstants(live, ({op, inputs, outputs}) => {
    const ids = inputs.map(value => constants.idOf(value));
    binding.executeOp(op.name, op.attributes, ids, outputs.length).forEach(({id}, i) => {
      constants.add(outputs[i]!, id, true);
    });
  });
  const result = withoutDeadNodes(folded);
  constants.release(result.constants);
  return {graph: result, constants};
}

/** What an op does to its first input. */
export function effectOf({op: {name, attributes}, inputs}: NativeNode): Effect {
  if (name === 'Reshape') return 'reshape';
  if (name === 'Identity') return 'none';
  if (name === 'Transpose') return inputs[1]!.literal?.every((axis, i) => axis === i) ? 'none' : 'other';
  if (name === 'Tile') return inputs[1]!.literal?.every(count => count === 1) ? 'none' : 'other';
  const type = (attribute: string) => attributes.find(a => a.name === attribute)?.value;
  return name === 'Cast' && type('SrcT') === type('DstT') ? 'none' : 'other';
}

/** Ops that draw numbers differ from themselves. */
const DRAWS = /Random|Multinomial|Shuffle|TruncatedNormal/;

function isSame(a: NativeOp, b: NativeOp): boolean {
  return a.name === b.name && !DRAWS.test(a.name) && attributeWords(a.attributes) === attributeWords(b.attributes);
}
