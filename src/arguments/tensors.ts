import {Tensor} from '@tensorflow/tfjs-core';
import type {GenericSchema} from 'valibot';
import {that} from './kinds.js';

/** A tensor that has not been disposed of. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor && !value.isDisposed;
}

export function tensor<T extends Tensor = Tensor>(rule = 'a tensor that is not disposed of'): GenericSchema<T> {
  return that(isTensor, rule);
}
