import * as tf from '@tensorflow/tfjs-core';
import type {Sequential} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';

type Regularizer = NonNullable<Parameters<typeof layers.layers.dense>[0]['kernelRegularizer']>;

export interface SmallMlpArgs {
  readonly regularizer?: Regularizer;
  readonly compiled?: boolean;
  readonly optimizer?: tf.Optimizer;
}

/** 4 → first (5, tanh) → second (4, tanh) → last (3, softmax); always with the same weights. */
export function smallMlp({regularizer, compiled = true, optimizer}: SmallMlpArgs = {}): Sequential {
  const random = (seed: number) => layers.initializers.randomNormal({stddev: 0.6, seed});
  const model = layers.sequential({
    layers: [
      layers.layers.dense({
        ...{name: 'first', units: 5, inputShape: [4], activation: 'tanh', kernelInitializer: random(1)},
        ...(regularizer && {kernelRegularizer: regularizer}),
      }),
      layers.layers.dense({name: 'second', units: 4, activation: 'tanh', kernelInitializer: random(2)}),
      layers.layers.dense({name: 'last', units: 3, activation: 'softmax', kernelInitializer: random(3)}),
    ],
  });
  if (compiled) model.compile({optimizer: optimizer ?? tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
  return model;
}

export function smallBatch(size = 8) {
  return {
    x: tf.randomNormal([size, 4], 0, 1, 'float32', 5) as tf.Tensor2D,
    y: tf.oneHot(tf.range(0, size, 1, 'int32').mod(tf.scalar(3, 'int32')).toInt(), 3).toFloat() as tf.Tensor2D,
  };
}
