import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {WeightedLayer} from '../../model/layers/weighted-layers.js';
import {deriveSeed, probeVector} from '../../random.js';

/** A weight by what tells where its filters lie. */
interface FilterWeight {
  /** The class of its layer. */
  readonly className: string;
  /** Its own name in the layer, such as `kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** Layers without filters: each of their weights scales or shifts one number. */
const WITHOUT_FILTERS = /Normalization$|^PReLU$/;

/**
 * The axes that count the filters of a weight; a filter is what lies along the others. `null` for biases and the weights of normalization layers,
 * which have none.
 *
 * A filter belongs to one output: a unit of a dense or recurrent layer, a channel of a convolution, a row of an embedding.
 */
export function filterAxes({className, name, shape}: FilterWeight): readonly number[] | null {
  const {length: rank} = shape;
  if (rank < 2 || WITHOUT_FILTERS.test(className)) return null;
  if (name === 'embeddings') return [0];
  // [height, width, inputs, multiplier]: an input's channel has filters of its own.
  if (name === 'depthwise_kernel') return [rank - 2, rank - 1];
  // [height, width, outputs, inputs].
  if (/^Conv\dDTranspose$/.test(className)) return [rank - 2];
  return [rank - 1];
}

/**
 * A random direction whose filters are as long as the weights' own: d ← d ‖θ‖ / ‖d‖, filter by filter, d standard normal. It is 0 in biases and
 * weights of normalization layers.
 *
 * Source: Li, Xu, Taylor, Studer & Goldstein (2018), section 4.
 *
 * @param weights the values of the layers' weights.
 * @returns a tensor for each weight. Must run in a `tidy`.
 */
export function filterNormalized(
  layers: readonly WeightedLayer[],
  weights: readonly Tensor[],
  seed: number,
  direction: number,
): Tensor[] {
  const named = layers.flatMap(({className, variables}) =>
    variables.map(({path}) => ({className, name: path.slice(path.lastIndexOf('/') + 1)})),
  );
  return weights.map((weight, i) => {
    const {shape, size} = weight;
    const filters = filterAxes({...named[i]!, shape});
    if (filters === null) return tf.zerosLike(weight);
    const drawn = tf.tensor(probeVector(deriveSeed(seed, 'direction', direction), i, size, 'gaussian'), shape);
    const along = shape.map((_, axis) => axis).filter(axis => !filters.includes(axis));
    const length = (each: Tensor) => tf.sqrt(tf.sum(tf.square(each), along, true));
    return tf.mul(drawn, tf.div(length(weight), length(drawn)));
  });
}
