import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Points on three spirals, `[n, 2]`, and the spiral of each, one-hot, `[n, 3]`. */
export function spirals(n: number, seed: number): {readonly x: Tensor; readonly y: Tensor} {
  const points = Array.from({length: n}, (_, i) => {
    const radius = i / n;
    const angle = 4 * radius + (2 * Math.PI * (i % 3)) / 3;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return {
    x: tf.tidy(() => tf.add(tf.tensor2d(points), tf.randomNormal([n, 2], 0, 0.04, 'float32', seed))),
    y: tf.tidy(() =>
      tf
        .oneHot(
          tf.tensor1d(
            points.map((_, i) => i % 3),
            'int32',
          ),
          3,
        )
        .toFloat(),
    ),
  };
}
