import type {DataType, Tensor, TypedArray} from '@tensorflow/tfjs-core';
import {patch} from '../patch.js';
import type {Undo} from '../undo.js';
import {engine} from './engine.js';

/**
 * Lets a function see the numbers of each tensor that JavaScript makes, and put another tensor in its place.
 *
 * @param choose returns a tensor of the open scope, or `null` for the tensor itself.
 */
export function watchMadeTensors(
  choose: (values: TypedArray, shape: readonly number[], dtype: DataType) => Tensor | null,
): Undo {
  const target = engine();
  const {makeTensor} = target;
  return patch(target, {
    makeTensor(values, shape, dtype = 'float32', backend) {
      return choose(values, shape, dtype) ?? makeTensor.call(target, values, shape, dtype, backend);
    },
  });
}
