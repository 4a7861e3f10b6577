import type {Tensor} from '@tensorflow/tfjs-core';
import type {TensorFlow} from '../../engine/load.js';

/** Images and their digits, before they become tensors. */
export interface Digits {
  /** Pixels [n, 28, 28] from 0 to 255. */
  readonly pixels: Uint8Array;
  /** Digits [n] from 0 to 9. */
  readonly labels: Uint8Array;
}

/** The data of the demo. */
export interface DemoData {
  /** The name in the demo's output. */
  readonly name: string;
  readonly train: Digits;
  readonly test: Digits;
}

export const SIDE = 28;

/** The images [n, 28, 28, 1] from 0 to 1 and the digits [n, 10], one-hot; the caller owns both. */
export function toTensors(tf: TensorFlow, {pixels, labels}: Digits): {readonly x: Tensor; readonly y: Tensor} {
  const n = labels.length;
  return {
    x: tf.tidy(() => tf.div(tf.tensor(pixels, [n, SIDE, SIDE, 1], 'float32'), 255)),
    y: tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), 10).toFloat()),
  };
}
