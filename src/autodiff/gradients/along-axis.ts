import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** `count` elements along an axis, from `begin` on. */
export function sliceAlong(x: Tensor, axis: number, begin: number, count: number): Tensor {
  return tf.slice(
    x,
    x.shape.map((_, i) => (i === axis ? begin : 0)),
    x.shape.map((size, i) => (i === axis ? count : size)),
  );
}

/** Zeros before and after the elements along an axis. */
export function padAlong(x: Tensor, axis: number, before: number, after: number): Tensor {
  return tf.pad(
    x,
    x.shape.map((_, i): [number, number] => (i === axis ? [before, after] : [0, 0])),
  );
}
