import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from 'tfjs-hessian/node';
import {deriveSeed} from '../../src/random.js';

/** A small classifier of images of 28 × 28 pixels. */
export interface TypicalNetwork {
  readonly title: string;
  /** The initial weights depend only on the seed. `width` scales the hidden layers; default: the network of the tables of values. */
  build(tf: TensorFlow, seed: number, width?: number): LayersModel;
  /** Images `[n, 28, 28, 1]` in the shape that the network takes. */
  shape(tf: TensorFlow, images: Tensor): Tensor;
}

/** Initializers that depend only on a seed and on how many came before. */
function seeded(tf: TensorFlow, seed: number) {
  let layer = 0;
  return (stddev?: number) => {
    const own = deriveSeed(seed, 'weights', layer++);
    return stddev === undefined
      ? tf.initializers.heNormal({seed: own})
      : tf.initializers.randomNormal({stddev, seed: own});
  };
}

const mlp: TypicalNetwork = {
  title: 'MLP',
  build(tf, seed, width = 128) {
    const weights = seeded(tf, seed);
    const {dense} = tf.layers;
    return tf.sequential({
      layers: [
        dense({name: 'first', units: width, activation: 'relu', kernelInitializer: weights(), inputShape: [784]}),
        dense({
          name: 'middle',
          units: Math.ceil(width / 2),
          activation: 'relu',
          kernelInitializer: weights(),
        }),
        dense({name: 'last', units: 10, activation: 'softmax', kernelInitializer: weights()}),
      ],
    });
  },
  shape: (_, images) => images.reshape([-1, 784]),
};

const cnn: TypicalNetwork = {
  title: 'CNN',
  build(tf, seed, width = 8) {
    const weights = seeded(tf, seed);
    const {conv2d, dense, flatten, maxPooling2d} = tf.layers;
    const relu = () => ({activation: 'relu', kernelInitializer: weights()}) as const;
    return tf.sequential({
      layers: [
        conv2d({...relu(), name: 'conv_1', filters: width, kernelSize: 3, inputShape: [28, 28, 1]}),
        maxPooling2d({poolSize: 2}),
        conv2d({...relu(), name: 'conv_2', filters: 2 * width, kernelSize: 3}),
        maxPooling2d({poolSize: 2}),
        flatten(),
        dense({...relu(), name: 'dense', units: 8 * width}),
        dense({name: 'last', units: 10, activation: 'softmax', kernelInitializer: weights()}),
      ],
    });
  },
  shape: (_, images) => images.clone(),
};

/** Reads an image row by row. */
const lstm: TypicalNetwork = {
  title: 'LSTM',
  build(tf, seed, width = 48) {
    const weights = seeded(tf, seed);
    const {dense, lstm} = tf.layers;
    return tf.sequential({
      layers: [
        lstm({
          name: 'lstm',
          units: width,
          kernelInitializer: weights(28 ** -0.5),
          recurrentInitializer: weights(width ** -0.5),
          recurrentActivation: 'sigmoid',
          inputShape: [28, 28],
        }),
        dense({name: 'last', units: 10, activation: 'softmax', kernelInitializer: weights()}),
      ],
    });
  },
  shape: (_, images) => images.reshape([-1, 28, 28]),
};

const [WIDTH, HEADS] = [32, 2];

/** An encoder block over 16 patches of 7 × 7 pixels, with normalization after each half. */
const transformer: TypicalNetwork = {
  title: 'Transformer block',
  build(tf, seed) {
    const weights = seeded(tf, seed);
    const {layers} = tf;
    const dense = (
      x: SymbolicTensor,
      name: string,
      units: number,
      activation: 'relu' | 'softmax' | 'linear' = 'linear',
    ) =>
      layers
        .dense({name, units, activation, kernelInitializer: weights(x.shape.at(-1)! ** -0.5)})
        .apply(x) as SymbolicTensor;
    const head = (x: SymbolicTensor, number: number) => {
      const part = (name: string) => dense(x, `${name}_${number}`, WIDTH / HEADS);
      const scores = layers.dot({axes: 2}).apply([part('query'), part('key')]);
      const shares = layers.softmax({axis: -1}).apply(layers.rescaling({scale: (WIDTH / HEADS) ** -0.5}).apply(scores));
      return layers.dot({axes: [2, 1]}).apply([shares as SymbolicTensor, part('value')]) as SymbolicTensor;
    };
    const normalized = (name: string, x: SymbolicTensor, y: SymbolicTensor) =>
      layers.layerNormalization({name}).apply(layers.add().apply([x, y])) as SymbolicTensor;
    const input = tf.input({shape: [16, 49]});
    let x = dense(input, 'embedding', WIDTH);
    const heads = Array.from({length: HEADS}, (_, i) => head(x, i + 1));
    x = normalized('norm_1', x, dense(layers.concatenate().apply(heads) as SymbolicTensor, 'mixing', WIDTH));
    x = normalized('norm_2', x, dense(dense(x, 'hidden', 2 * WIDTH, 'relu'), 'narrow', WIDTH));
    const pooled = layers.globalAveragePooling1d().apply(x) as SymbolicTensor;
    return tf.model({inputs: input, outputs: dense(pooled, 'last', 10, 'softmax')});
  },
  shape: (tf, images) =>
    tf.tidy(() => images.reshape([-1, 4, 7, 4, 7]).transpose([0, 1, 3, 2, 4]).reshape([-1, 16, 49])),
};

export const networks = {mlp, cnn, lstm, transformer} as const;
export type NetworkName = keyof typeof networks;
