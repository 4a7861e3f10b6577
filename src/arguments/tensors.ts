import {Tensor} from '@tensorflow/tfjs-core';
import type {GenericSchema} from 'valibot';
import {that} from './kinds.js';

/** A tensor that has not been disposed of. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor && !value.isDisposed;
}

const REAL = new Set<string>(['float32', 'int32', 'bool']);

/** A tensor of numbers that are not complex, which has not been disposed of. */
export function isRealTensor(value: unknown): value is Tensor {
  return isTensor(value) && REAL.has(value.dtype);
}

/** A tensor of numbers that are not complex. */
export function realTensor<T extends Tensor = Tensor>(
  rule = 'a tensor of real numbers that is not disposed of',
): GenericSchema<T> {
  return that(isRealTensor, rule);
}
