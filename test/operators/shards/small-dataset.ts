import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** A model with dropout and batch normalization, so that seeds and the training flag matter. */
export function smallModel(): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({
        ...{units: 6, inputShape: [4], activation: 'tanh', name: 'first'},
        kernelInitializer: tfl.initializers.glorotNormal({seed: 1}),
        kernelRegularizer: 'l1l2',
      }),
      tfl.layers.batchNormalization({name: 'norm'}),
      tfl.layers.dropout({rate: 0.3}),
      tfl.layers.dense({
        ...{units: 3, activation: 'softmax', name: 'second'},
        kernelInitializer: tfl.initializers.glorotNormal({seed: 2}),
      }),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  return model;
}

/** Batches of 6 samples; the last one is smaller. */
export function smallBatches(count = 5): {x: tf.Tensor; y: tf.Tensor}[] {
  return Array.from({length: count}, (_, i) => {
    const rows = i === count - 1 ? 2 : 6;
    const y = tf.tidy(() =>
      tf.keep(
        tf.oneHot(
          tf.tensor1d(
            Array.from({length: rows}, (__, row) => (row * 7 + i) % 3),
            'int32',
          ),
          3,
        ),
      ),
    );
    return {x: tf.randomNormal([rows, 4], 0, 1, 'float32', i + 1), y};
  });
}
