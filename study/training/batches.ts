import type {Tensor} from '@tensorflow/tfjs-core';
import type {Dataset} from '@tensorflow/tfjs-layers/dist/engine/dataset_stub.js';
import type {TensorFlow} from 'tfjs-hessian/node';
import {deriveSeed} from '../../src/random.js';
import {shuffled} from '../data/shuffled.js';
import type {Examples} from '../data/split.js';

interface Element {
  readonly xs: Tensor;
  readonly ys: Tensor;
}

/** Batches for `fitDataset`: in every epoch all examples, in an order that depends only on the seed and the epoch. */
export function shuffledBatches(tf: TensorFlow, {x, y}: Examples, batchSize: number, seed: number): Dataset<Element> {
  const n = x.shape[0]!;
  const size = Math.floor(n / batchSize);
  // `fitDataset` asks for an iterator once before the first epoch, which it does not use.
  let iterators = 0;
  const iterator = () => {
    const order = shuffled(n, deriveSeed(seed, 'batches'), iterators++);
    let batch = 0;
    const next = () => {
      if (batch === size) return {value: null, done: true};
      const places = tf.tensor1d(order.slice(batch * batchSize, (batch + 1) * batchSize), 'int32');
      batch++;
      const value = {xs: tf.gather(x, places), ys: tf.gather(y, places)};
      places.dispose();
      return {value, done: false};
    };
    return Promise.resolve({next: () => Promise.resolve(next())});
  };
  // The part of a tf.data.Dataset that `fitDataset` uses.
  return {size, iterator} as unknown as Dataset<Element>;
}
