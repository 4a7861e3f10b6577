import type {NativeBinding} from '../tfjs-internals/node/backend.js';
import type {NativeOp, OpList, Value} from './op-list.js';

/**
 * The same function without ops that change nothing or that make one of the constants; reshapes in a row all read what the
 * first one reads.
 */
export function simplify({inputs, outputs, ops, constants}: OpList): OpList {
  const standsFor = new Map<Value, Value>();
  const reshaped = new Map<Value, Value>();
  const left: NativeOp[] = [];
  for (const op of ops) {
    if (op.outputs.every(value => constants.has(value))) continue;
    const read = op.inputs.map(value => standsFor.get(value) ?? value);
    const [made] = op.outputs as [Value];
    if (op.name === 'Reshape') {
      const source = reshaped.get(read[0]!) ?? read[0]!;
      // A result must be a tensor of its own.
      if (sameShape(source, made) && !outputs.includes(made)) standsFor.set(made, source);
      else {
        reshaped.set(made, source);
        left.push({...op, inputs: [source, ...read.slice(1)]});
      }
    } else if (changesNothing(op) && !outputs.includes(made)) standsFor.set(made, read[0]!);
    else left.push({...op, inputs: read});
  }
  return {inputs, outputs, ops: left, constants};
}

function changesNothing({name, attributes}: NativeOp): boolean {
  if (name === 'Identity') return true;
  if (name !== 'Cast') return false;
  const type = (attribute: string) => attributes.find(a => a.name === attribute)?.value;
  return type('SrcT') === type('DstT');
}

function sameShape(a: Value, b: Value): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
}

/** A constant of more numbers is made anew each time: held, it would add to the memory that a product takes. */
const SMALL = 2 ** 12;

/** Runs, once and for all, the ops that read nothing but constants. The list then owns their results. */
export function foldConstants(list: OpList, binding: NativeBinding): OpList {
  const constants = new Map(list.constants);
  const left: NativeOp[] = [];
  for (const op of list.ops) {
    const isSmall = op.outputs.every(({shape}) => shape.reduce((a, b) => a * b, 1) <= SMALL);
    const isConstant =
      isSmall &&
      !op.outputs.some(value => list.outputs.includes(value)) &&
      op.inputs.every(value => constants.has(value));
    if (!isConstant) {
      left.push(op);
      continue;
    }
    const ids = op.inputs.map(value => constants.get(value)!.id);
    binding.executeOp(op.name, op.attributes, ids, op.outputs.length).forEach(({id}, i) => {
      constants.set(op.outputs[i]!, {id, owned: true});
    });
  }
  return {...list, ops: left, constants};
}

/** Only ops that the outputs need, and only constants that they read. */
export function withoutUnread({inputs, outputs, ops, constants}: OpList): OpList {
  const read = new Set(outputs);
  const needed: NativeOp[] = [];
  for (const op of [...ops].reverse()) {
    if (!op.outputs.some(value => read.has(value))) continue;
    needed.push(op);
    for (const value of op.inputs) read.add(value);
  }
  return {
    inputs,
    outputs,
    ops: needed.reverse(),
    constants: new Map([...constants].filter(([value]) => read.has(value))),
  };
}
