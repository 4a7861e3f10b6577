import type {Identity} from '../graph/common-nodes.js';
import {withoutCommonNodes} from '../graph/common-nodes.js';
import {withoutDeadNodes} from '../graph/dead-nodes.js';
import {foldConstants} from '../graph/fold-constants.js';
import type {Value} from '../graph/graph.js';
import {sizeOfValue} from '../graph/graph.js';
import type {Effect} from '../graph/pass-through.js';
import {withoutPassThrough} from '../graph/pass-through.js';
import {attributeWords} from '../graph/signature.js';
import type {NativeBinding} from '../tfjs-internals/node/backend.js';
import type {NativeConstants, NativeFunction, NativeNode} from './native-op.js';

/**
 * Simplifies a function: no pass-through ops, dead ops, ops that compute the same or ops on constants only. Unused constants are
 * disposed of. The numbers stay the same, bit for bit.
 */
export function simplified({graph, constants}: NativeFunction, binding: NativeBinding): NativeFunction {
  const live = withoutDeadNodes(withoutPassThrough(graph, effectOf));
  const distinct = withoutCommonNodes(live, identityOf, sameContent(constants, binding));
  const folded = foldConstants(distinct, ({op, inputs, outputs}) => {
    const ids = inputs.map(value => constants.idOf(value));
    binding.executeOp(op.name, op.attributes, ids, outputs.length).forEach(({id}, i) => {
      constants.add(outputs[i]!, id, true);
    });
  });
  const result = withoutDeadNodes(folded);
  constants.release(result.constants);
  return {graph: result, constants};
}

/** Sums and products of two numbers, whose order does not change a bit. (The maximum of 0 and −0 is the first.) */
const COMMUTATIVE: ReadonlySet<string> = new Set(['Add', 'AddV2', 'Mul']);

/** Ops that draw numbers differ from themselves. */
const DRAWS = /Random|Multinomial|Shuffle|TruncatedNormal/;

function identityOf({op: {name, attributes}}: NativeNode): Identity | null {
  if (DRAWS.test(name)) return null;
  return {words: `${name}${attributeWords(attributes)}`, isCommutative: COMMUTATIVE.has(name)};
}

/** Larger constants are not compared. */
const SMALL = 2 ** 12;

/** Finds the first of several constants with the same content, among those that JavaScript made inside the function. */
function sameContent(constants: NativeConstants, binding: NativeBinding): (constant: Value) => Value {
  const first = new Map<string, Value>();
  return constant => {
    const {shape, dtype} = constant;
    if (dtype !== 'float32' || sizeOfValue(constant) > SMALL || !constants.owns(constant)) return constant;
    const bits = bitsOf(binding.tensorDataSync(constants.idOf(constant)));
    const key = `[${shape.join()}]=${bits.join()}`;
    const same = first.get(key) ?? constant;
    first.set(key, same);
    return same;
  };
}

/** As whole numbers, so that 0 and −0 differ. */
function bitsOf(numbers: ArrayLike<number>): Uint32Array {
  return new Uint32Array(Float32Array.from(numbers).buffer);
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
