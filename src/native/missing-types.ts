import type {Value} from '../graph/graph.js';
import type {NativeBinding, OpAttribute} from '../tfjs-internals/node/backend.js';
import {dtypeNumber} from './native-op.js';

/**
 * The attributes that TensorFlow.js leaves out since TensorFlow infers them when it runs a single op, but not when it loads a
 * graph: data types, by the position of the operand that has them.
 */
const INFERRED: Readonly<Record<string, Readonly<Record<string, number>>>> = {ExpandDims: {T: 0, Tdim: 1}};

/** The attributes of an op, with the data types that TensorFlow.js leaves out. */
export function withMissingTypes(
  name: string,
  attributes: readonly OpAttribute[],
  inputs: readonly Value[],
  {TF_ATTR_TYPE}: NativeBinding,
): OpAttribute[] {
  const given = new Set(attributes.map(attribute => attribute.name));
  const missing = Object.entries(INFERRED[name] ?? {})
    .filter(([attribute]) => !given.has(attribute))
    .map(([attribute, at]) => ({name: attribute, type: TF_ATTR_TYPE, value: dtypeNumber(inputs[at]!.dtype)}));
  return [...attributes.map(attribute => ({...attribute})), ...missing];
}
