import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

const PIXELS = 28 * 28;

/** The first n images and labels of the file that vite.config.ts makes: for each image a byte for the label, then one per pixel. */
export async function loadDigits(n: number): Promise<{x: Tensor; y: Tensor}> {
  const bytes = new Uint8Array(await (await fetch('./digits.bin')).arrayBuffer());
  return tf.tidy(() => {
    const rows = tf.tensor2d(bytes.subarray(0, n * (1 + PIXELS)), [n, 1 + PIXELS], 'int32');
    const [labels, pixels] = tf.split(rows, [1, PIXELS], 1);
    return {
      x: tf.div(tf.reshape(pixels!, [n, 28, 28, 1]), 255),
      y: tf.cast(tf.oneHot(tf.reshape(labels!, [n]), 10), 'float32'),
    };
  });
}
