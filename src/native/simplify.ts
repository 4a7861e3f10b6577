import {withoutDeadNodes} from '../graph/dead-nodes.js';
import {foldConstants} from '../graph/fold-constants.js';
import type {Effect} from '../graph/pass-through.js';
import {withoutPassThrough} from '../graph/pass-through.js';
import type {NativeBinding} from '../tfjs-internals/node/backend.js';
import type {NativeFunction, NativeNode} from './native-op.js';

/** Simplifies a function: no pass-through ops, dead ops or ops on constants only. Unused constants are disposed of. */
export function simplified({graph, constants}: NativeFunction, binding: NativeBinding): NativeFunction {
  const live = withoutDeadNodes(withoutPassThrough(graph, effectOf));
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
export function effectOf({op: {name, attributes}}: NativeNode): Effect {
  if (name === 'Reshape') return 'reshape';
  if (name === 'Identity') return 'none';
  const type = (attribute: string) => attributes.find(a => a.name === attribute)?.value;
  return name === 'Cast' && type('SrcT') === type('DstT') ? 'none' : 'other';
}
