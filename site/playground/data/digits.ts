import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import mnistFile from '../../../out/pages/mnist-images.bin?url';
import type {Digits} from '../../../src/cli/demo/data.js';
import {SIDE} from '../../../src/cli/demo/data.js';
import {drawnDigits} from '../../../src/cli/demo/drawn-digits.js';

/** Digits that are drawn here. */
export function digitsDrawnHere(n: number, seed: number): {readonly x: Tensor; readonly y: Tensor} {
  return tensorsOf(drawnDigits({training: n, test: 0}, seed).train);
}

/** The first images of MNIST, at most a thousand. */
export async function mnistDigits(n: number): Promise<{readonly x: Tensor; readonly y: Tensor}> {
  const bytes = new Uint8Array(await (await fetch(mnistFile)).arrayBuffer());
  const size = SIDE * SIDE;
  const count = Math.min(n, bytes.length / (size + 1));
  const all = bytes.length / (size + 1);
  return tensorsOf({labels: bytes.subarray(0, count), pixels: bytes.subarray(all, all + count * size)});
}

/** Images [n, 14, 14, 1] from 0 to 1, at half their size, and the digits [n, 10], one-hot. */
function tensorsOf({pixels, labels}: Digits): {readonly x: Tensor; readonly y: Tensor} {
  const n = labels.length;
  return {
    x: tf.tidy(() => {
      const quarters = tf.reshape(tf.tensor(pixels, undefined, 'float32'), [n, SIDE / 2, 2, SIDE / 2, 2]);
      return tf.reshape(tf.div(tf.mean(quarters, [2, 4]), 255), [n, SIDE / 2, SIDE / 2, 1]);
    }),
    y: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), 10), 'float32')),
  };
}
