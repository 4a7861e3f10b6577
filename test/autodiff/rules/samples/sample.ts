import type {DataType, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {deriveSeed, randomBits, uniform} from '../../../../src/random.js';
import type {Attributes} from '../../../../src/tfjs-internals/core/engine.js';

/** A kernel's input: drawn from an interval, spread so that no two elements are close, given, or computed from the others. */
export type SampleInput =
  | {readonly shape: readonly number[]; readonly low: number; readonly high: number}
  | {readonly shape: readonly number[]; readonly gap: number}
  | {readonly shape: readonly number[]; readonly values: readonly number[]; readonly dtype: DataType}
  | ((inputs: Record<string, Tensor>) => Tensor);

/** A point at which a kernel is differentiated. The kernel is smooth near it. */
export interface KernelSample {
  readonly inputs: Readonly<Record<string, SampleInput>>;
  readonly attrs?: Attributes;
  /** Inputs that are not moved, although the kernel is differentiable in them. */
  readonly fixed?: readonly string[];
  /** TensorFlow.js has a gradient for the kernel, but not at this sample. */
  readonly gradient?: false;
}

/** The maximal distance that inputs are moved; kinks are farther away. */
export const REACH = 1 / 8;

export const drawn = (low: number, high: number, ...shape: number[]): SampleInput => ({shape, low, high});
export const real = (...shape: number[]): SampleInput => drawn(-1, 1, ...shape);
/** Multiples of the gap plus half of it, shuffled: …, −1.5, −0.5, 0.5, … for a gap of 1. */
export const apart = (gap: number, ...shape: number[]): SampleInput => ({shape, gap});
export const given = (values: readonly number[], shape: readonly number[] = [values.length]): SampleInput => ({
  shape,
  values,
  dtype: 'float32',
});
export const integers = (values: readonly number[], shape: readonly number[] = [values.length]): SampleInput => ({
  shape,
  values,
  dtype: 'int32',
});
export const truths = (values: readonly number[], shape: readonly number[] = [values.length]): SampleInput => ({
  shape,
  values,
  dtype: 'bool',
});

/** The sample's inputs as tensors, the same in each call. */
export function inputsOf(kernel: string, sample: KernelSample): Record<string, Tensor> {
  const inputs: Record<string, Tensor> = {};
  for (const [name, input] of Object.entries(sample.inputs)) {
    inputs[name] = typeof input === 'function' ? input(inputs) : tensorOf(input, deriveSeed(0, kernel, name));
  }
  return inputs;
}

/** A direction in which an input is moved, with entries between −1 and 1. */
export function directionOf(input: Tensor, ...purpose: (string | number)[]): Tensor {
  return tensorOf({shape: input.shape, low: -1, high: 1}, deriveSeed(1, ...purpose));
}

function tensorOf(input: Exclude<SampleInput, (inputs: Record<string, Tensor>) => Tensor>, seed: number): Tensor {
  const shape = [...input.shape];
  if ('values' in input) return tf.tensor([...input.values], shape, input.dtype);
  const size = tf.util.sizeFromShape(shape);
  const bits = randomBits(seed, 0);
  const values = Array.from({length: size}, () => uniform(bits));
  if ('low' in input) {
    return tf.tensor(
      values.map(u => input.low + u * (input.high - input.low)),
      shape,
    );
  }
  const rank = values.map((u, i) => [u, i] as const).sort(([a], [b]) => a - b);
  const spread = new Float32Array(size);
  rank.forEach(([, place], i) => {
    spread[place] = (i + (size % 2 === 0 ? 0.5 : 0) - Math.floor(size / 2)) * input.gap;
  });
  return tf.tensor(spread, shape);
}
