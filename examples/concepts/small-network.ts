import type {LayersModel, Sequential} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Examples} from '../mnist/data.js';
import {readMnist} from '../mnist/data.js';

/** MNIST at 7 × 7 pixels, each the mean of 4 × 4: x is [n, 49]. */
export function readSmallMnist(tf: TensorFlow, sizes: {readonly training: number; readonly test: number}) {
  const {train, test} = readMnist(tf, sizes);
  const shrink = ({x, y}: Examples): Examples => {
    const small = tf.tidy(() => tf.reshape(tf.avgPool(x as never, 4, 4, 'valid'), [-1, 49]));
    x.dispose();
    return {x: small, y};
  };
  return {train: shrink(train), test: shrink(test)};
}

/** An MLP for it with 634 parameters. Its whole Hessian can be computed as a matrix, for comparison. */
export function smallNetwork(tf: TensorFlow): Sequential {
  const widths = [8, 8, 8, 10];
  const model = tf.sequential({
    layers: widths.map((units, i) =>
      tf.layers.dense({
        name: `dense_${i + 1}`,
        units,
        activation: i === widths.length - 1 ? 'softmax' : 'tanh',
        kernelInitializer: tf.initializers.glorotNormal({seed: i + 1}),
        ...(i === 0 && {inputShape: [49]}),
      }),
    ),
  });
  model.compile({optimizer: tf.train.adam(3e-3), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}

/** Trains without shuffling: the same numbers every time. */
export async function train(model: LayersModel, {x, y}: Examples, epochs: number): Promise<void> {
  await model.fit(x, y, {epochs, batchSize: 64, shuffle: false, verbose: 0});
}
