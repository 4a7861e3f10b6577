import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

export const random = (shape: number[], seed: number): Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** tf.customGrad with a gradient that is not the derivative. */
export const tricks = {
  reversal: (x: Tensor): Tensor =>
    tf.customGrad(t => ({value: tf.clone(t as Tensor), gradFunc: (dy: Tensor) => tf.mul(dy, -0.3)}))(x),
  'straight-through sign': (x: Tensor): Tensor =>
    tf.customGrad(t => ({value: tf.sign(t as Tensor), gradFunc: (dy: Tensor) => dy}))(x),
  'straight-through round': (x: Tensor): Tensor =>
    tf.customGrad(t => ({value: tf.round(t as Tensor), gradFunc: (dy: Tensor) => dy}))(x),
  'a clipped gradient': (x: Tensor): Tensor =>
    tf.customGrad(t => ({
      value: tf.square(t as Tensor),
      gradFunc: (dy: Tensor) => tf.clipByValue(dy, -1e-3, 1e-3),
    }))(x),
  'a stopped gradient': (x: Tensor): Tensor =>
    tf.customGrad(t => ({value: tf.square(t as Tensor), gradFunc: (dy: Tensor) => tf.zerosLike(dy)}))(x),
  // The gradient is right, its own derivative is not: it reads numbers.
  'a gradient of constants': (x: Tensor): Tensor => {
    const twice = x.dataSync().map(each => 2 * each);
    return tf.customGrad(t => ({
      value: tf.square(t as Tensor),
      gradFunc: (dy: Tensor) => tf.mul(dy, tf.tensor(twice, dy.shape)),
    }))(x);
  },
} as const;
export type Trick = keyof typeof tricks;

export class TrickLayer extends tfl.layers.Layer {
  static readonly className = 'TrickLayer';
  constructor(private readonly trick: (x: Tensor) => Tensor) {
    super({});
  }
  override call(inputs: Tensor | Tensor[]): Tensor {
    return this.trick([inputs].flat()[0]!);
  }
}

/** The layer's output is the derivative of a sum of functions of its input. */
export class SlopeLayer extends tfl.layers.Layer {
  static readonly className = 'SlopeLayer';
  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.grad(x => tf.sum(tf.tanh(x as Tensor)))([inputs].flat()[0]!);
  }
}
export class WrittenSlopeLayer extends tfl.layers.Layer {
  static readonly className = 'WrittenSlopeLayer';
  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.sub(1, tf.square(tf.tanh([inputs].flat()[0]!)));
  }
}

export function modelWith(
  layer: tfl.layers.Layer | null,
  loss: tfl.ModelCompileArgs['loss'] = 'meanSquaredError',
  {inputs = 3, outputs = 2} = {},
): tfl.LayersModel {
  const dense = (units: number, seed: number, more = {}) =>
    tfl.layers.dense({name: `dense_${seed}`, units, kernelInitializer: tfl.initializers.glorotNormal({seed}), ...more});
  const model = tfl.sequential({
    layers: [
      dense(5, 1, {inputShape: [inputs], activation: 'tanh'}),
      ...(layer === null ? [] : [layer]),
      dense(4, 2, {activation: 'sigmoid'}),
      dense(outputs, 3),
    ],
  });
  model.compile({optimizer: 'sgd', loss});
  return model;
}
