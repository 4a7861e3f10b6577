import type {Tensor} from '@tensorflow/tfjs-core';
import type {TensorFlow} from 'tfjs-hessian/node';
import {InvalidArgumentError} from '../../src/errors.js';
import {deriveSeed} from '../../src/random.js';
import type {DataSet, Images} from './images.js';
import {imagesAt} from './images.js';
import {shuffled} from './shuffled.js';

export interface SplitSizes {
  readonly training: number;
  readonly validation: number;
  readonly test: number;
}

export interface Examples {
  /** [n, height, width, channels], from 0 to 1. */
  readonly x: Tensor;
  /** [n, 10], one-hot. */
  readonly y: Tensor;
}

export interface Split {
  readonly training: Examples;
  /** From the same files as the training images, but different images. */
  readonly validation: Examples;
  readonly test: Examples;
}

/** A seed's training and validation images, and the first of the test images, which are the same for every seed. */
export function splitFor(tf: TensorFlow, {pool, test}: DataSet, sizes: SplitSizes, seed: number): Split {
  const {training, validation} = sizes;
  if (training + validation > pool.labels.length || sizes.test > test.labels.length) {
    throw new InvalidArgumentError(
      `The data set has ${pool.labels.length} images for training and validation and ${test.labels.length} for the test; ` +
        `asked for were ${training} + ${validation} and ${sizes.test}.`,
    );
  }
  const order = shuffled(pool.labels.length, deriveSeed(seed, 'split'), 0);
  return {
    training: examples(tf, imagesAt(pool, order.slice(0, training))),
    validation: examples(tf, imagesAt(pool, order.slice(training, training + validation))),
    test: examples(
      tf,
      imagesAt(
        test,
        Array.from({length: sizes.test}, (_, i) => i),
      ),
    ),
  };
}

function examples(tf: TensorFlow, {shape, pixels, labels}: Images): Examples {
  return {
    x: tf.tidy(() => tf.div(tf.tensor(pixels, [labels.length, ...shape], 'float32'), 255)),
    y: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), 10), 'float32')),
  };
}
