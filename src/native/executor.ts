import type {Value} from '../graph/graph.js';
import type {Executor} from '../graph/interpret.js';
import type {NativeBinding, NativeTensor} from '../tfjs-internals/node/backend.js';
import type {NativeConstants, NativeOp} from './native-op.js';
import {dtypeNumber} from './native-op.js';

/** A tensor of the native engine that lies at a place. */
export function nativeTensor(value: Value, id: number): NativeTensor {
  return {id, shape: value.shape, dtype: dtypeNumber(value.dtype)};
}

/**
 * Runs ops one by one, straight through the addon: without the kernels, tensors and scopes of TensorFlow.js, which take as
 * long as a small op itself.
 */
export function nativeExecutor(binding: NativeBinding, constants: NativeConstants): Executor<NativeOp, NativeTensor> {
  return {
    constant: value => nativeTensor(value, constants.idOf(value)),
    run({op, outputs}, operands) {
      const ids = new Array<number>(operands.length);
      for (let i = 0; i < ids.length; i++) ids[i] = operands[i]!.id;
      return binding.executeOp(op.name, op.attributes, ids, outputs.length);
    },
    dispose: ({id}) => binding.deleteTensor(id),
    share() {
      throw new Error('an output of a lowered function is a tensor of its own');
    },
  };
}
