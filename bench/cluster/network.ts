import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

export const ROWS = 64;

/** An MLP with 784 inputs. */
export function network(units: number): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units, inputShape: [784], activation: 'tanh', name: 'first'}),
      tfl.layers.dense({units, activation: 'tanh', name: 'second'}),
      tfl.layers.dense({units: 10, activation: 'softmax', name: 'last'}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  return model;
}

export function batch(seed: number, rows = ROWS): {x: tf.Tensor; y: tf.Tensor} {
  return {
    x: tf.randomUniform([rows, 784], 0, 1, 'float32', seed),
    y: tf.tidy(() => tf.cast(tf.oneHot(tf.randomUniform([rows], 0, 10, 'int32', seed), 10), 'float32')),
  };
}
