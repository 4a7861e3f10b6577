import type {Value} from '../graph/graph.js';
import type {Executor} from '../graph/interpret.js';
import type {NativeBinding, NativeTensor} from '../tfjs-internals/node/backend.js';
import type {NativeConstants, NativeOp} from './native-op.js';
import {dtypeNumber} from './native-op.js';

/** The native tensor with a given id. */
export function nativeTensor(value: Value, id: number): NativeTensor {
  return {id, shape: value.shape, dtype: dtypeNumber(value.dtype)};
}

/**
 * Runs ops one by one, directly through the addon. Kernels, tensors and scopes of TensorFlow.js would take as long as a small
 * op.
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
      throw new Error('a lowered function returned an input or a constant');
    },
  };
}
