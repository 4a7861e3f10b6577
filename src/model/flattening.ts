import type {Tensor, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

type Shape = readonly number[];

/** Splits a vector into tensors of the given shapes, in order. */
export function unflatten(vector: Tensor1D, shapes: readonly Shape[]): Tensor[] {
  if (shapes.length === 1) return [tf.reshape(vector, [...shapes[0]!])];
  return tf.split(vector, shapes.map(sizeOf)).map((part, i) => tf.reshape(part, [...shapes[i]!]));
}

/** Splits the columns of `[size, k]` into tensors of the given shapes, each with a leading axis of k. */
export function unflattenColumns(columns: Tensor2D, shapes: readonly Shape[]): Tensor[] {
  const k = columns.shape[1];
  const rows = tf.transpose(columns);
  const parts = shapes.length === 1 ? [rows] : tf.split(rows, shapes.map(sizeOf), 1);
  return parts.map((part, i) => tf.reshape(part, [k, ...shapes[i]!]));
}

/** The inverse of `unflatten`; `null` stands for a tensor of zeros. */
export function flatten(parts: readonly (Tensor | null)[], shapes: readonly Shape[]): Tensor1D {
  return tf.concat(
    parts.map((part, i) => (part === null ? tf.zeros([sizeOf(shapes[i]!)]) : tf.reshape(part, [-1]))),
  ) as Tensor1D;
}

/** The inverse of `unflattenColumns`. */
export function flattenColumns(parts: readonly (Tensor | null)[], shapes: readonly Shape[], k: number): Tensor2D {
  const rows = parts.map((part, i) =>
    part === null ? tf.zeros([k, sizeOf(shapes[i]!)]) : tf.reshape(part, [k, sizeOf(shapes[i]!)]),
  );
  return tf.transpose(tf.concat(rows, 1)) as Tensor2D;
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}
