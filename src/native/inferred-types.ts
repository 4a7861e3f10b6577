import type {Value} from '../graph/graph.js';
import type {NativeBinding, OpAttribute} from '../tfjs-internals/node/backend.js';
import {dtypeNumber} from './native-op.js';

/**
 * Data types that TensorFlow infers from an op's operands when it runs a single op, but not when it loads a graph, by the position
 * of the operand. TensorFlow.js leaves those of `ExpandDims` out, and gives `Mean` the type that its operand had before the cast to floats.
 */
const INFERRED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ExpandDims: {T: 0, Tdim: 1},
  Mean: {T: 0},
};

/** The attributes of an op, with the data types that TensorFlow infers. */
export function withInferredTypes(
  name: string,
  attributes: readonly OpAttribute[],
  inputs: readonly Value[],
  {TF_ATTR_TYPE}: NativeBinding,
): OpAttribute[] {
  const inferred = INFERRED[name] ?? {};
  return [
    ...attributes.filter(attribute => !(attribute.name in inferred)).map(attribute => ({...attribute})),
    ...Object.entries(inferred).map(([attribute, at]) => ({
      ...{name: attribute, type: TF_ATTR_TYPE, value: dtypeNumber(inputs[at]!.dtype)},
    })),
  ];
}
