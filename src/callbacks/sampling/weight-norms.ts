import type {Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {WeightedLayer} from '../../model/layers/weighted-layers.js';

/** ‖w‖₂ of the weights of each layer, of shape `[layers]`; the caller owns it. */
export function weightNorms(layers: readonly WeightedLayer[]): Tensor1D {
  return tf.tidy(() => {
    const squares = layers.map(({variables}) => tf.addN(variables.map(({variable}) => tf.sum(tf.square(variable)))));
    return tf.sqrt(tf.stack(squares)) as Tensor1D;
  });
}

/** The weights of all layers as one vector, `[size]`; the caller owns it. */
export function flatWeights(layers: readonly WeightedLayer[]): Tensor1D {
  return tf.tidy(() =>
    tf.concat<Tensor1D>(
      layers.flatMap(({variables}) => variables.map(({variable}) => tf.reshape(variable, [-1]) as Tensor1D)),
    ),
  );
}
