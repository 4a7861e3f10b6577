import type {Tensor} from '@tensorflow/tfjs-core';
import type {Dataset} from '@tensorflow/tfjs-layers/dist/engine/dataset_stub.js';
import type {TensorFlow} from 'tfjs-hessian/node';
import {deriveSeed, randomBits} from '../../src/random.js';
import type {Images} from '../data/images.js';
import {shuffled} from '../data/shuffled.js';
import type {Examples} from '../data/split.js';
import {prepareImages} from './prepare-images.js';
import type {ImagePlan} from './recipe.js';

export interface ImageBatchesArgs {
  readonly images: Images;
  readonly classes: number;
  readonly plan: ImagePlan;
  readonly batchSize: number;
  readonly seed: number;
  /** The share of the labels that is spread over all classes. */
  readonly labelSmoothing: number;
  /** How many times in a row each batch comes. */
  readonly repeats: number;
}

interface Element {
  readonly xs: Tensor;
  readonly ys: Tensor;
}

/** Batches for `fitDataset`. Order and augmentation of an epoch depend only on the seed and the epoch's number. */
export function imageBatches(tf: TensorFlow, args: ImageBatchesArgs): Dataset<Element> {
  const {images, classes, plan, batchSize, seed, labelSmoothing, repeats} = args;
  const n = images.labels.length;
  const size = Math.ceil(n / batchSize);
  // `fitDataset` asks for an iterator once before the first epoch, which it does not use.
  let iterators = 0;
  const iterator = () => {
    const epoch = iterators++;
    const order = shuffled(n, deriveSeed(seed, 'batches'), epoch);
    const bits = randomBits(deriveSeed(seed, 'augmentation'), epoch);
    let count = 0;
    // `fitDataset` disposes of what it gets.
    let newest: Element | null = null;
    const next = () => {
      if (count % repeats === 0) tf.dispose({...newest});
      if (count === size * repeats) return {value: null, done: true};
      const batch = Math.floor(count / repeats);
      if (count % repeats === 0) {
        const places = order.slice(batch * batchSize, (batch + 1) * batchSize);
        const xs = prepareImages(tf, images, places, plan, bits);
        newest = {xs, ys: targets(tf, images, places, classes, labelSmoothing)};
      }
      count++;
      const {xs, ys} = newest!;
      return {value: {xs: tf.clone(xs), ys: tf.clone(ys)}, done: false};
    };
    return Promise.resolve({next: () => Promise.resolve(next())});
  };
  // The part of a tf.data.Dataset that `fitDataset` uses.
  return {size: size * repeats, iterator} as unknown as Dataset<Element>;
}

/** All images as the network gets them, without augmentation; the caller disposes of them. */
export function preparedExamples(tf: TensorFlow, images: Images, classes: number, plan: ImagePlan): Examples {
  const places = Array.from(images.labels, (_, i) => i);
  return {x: prepareImages(tf, images, places, plan, null), y: targets(tf, images, places, classes, 0)};
}

/** (1 − s) · one-hot + s / classes. */
function targets(
  tf: TensorFlow,
  {labels}: Images,
  places: readonly number[],
  classes: number,
  smoothing: number,
): Tensor {
  const y = new Float32Array(places.length * classes).fill(smoothing / classes);
  places.forEach((place, i) => {
    y[i * classes + labels[place]!] = 1 - smoothing + smoothing / classes;
  });
  return tf.tensor2d(y, [places.length, classes]);
}
