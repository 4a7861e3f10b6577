import type {Tensor2D} from '@tensorflow/tfjs-core';
import type {TensorFlow} from 'tfjs-hessian/node';

/** Points on three spirals, `[n, 2]`, and the spiral of each, one-hot, `[n, 3]`. */
export function spirals(tf: TensorFlow, n: number): {readonly x: Tensor2D; readonly y: Tensor2D} {
  const spiral = Array.from({length: n}, (_, i) => i % 3);
  const noise = tf.randomNormal([n, 2], 0, 0.04, 'float32', 1);
  const points = spiral.map((which, i) => {
    const radius = i / n;
    const angle = 4 * radius + (2 * Math.PI * which) / 3;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return {
    x: tf.add(tf.tensor2d(points), noise),
    y: tf.oneHot(tf.tensor1d(spiral, 'int32'), 3).toFloat() as Tensor2D,
  };
}
