import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Examples} from '../../examples/mnist/data.js';

/** A network on a batch. The peers build the same by its name. */
export interface Subject {
  readonly name: string;
  /** For tables. */
  readonly title: string;
  readonly batchSize: number;
  /** Settings that the peers cannot derive from the weights. */
  readonly options?: Readonly<Record<string, number>>;
  /** Compiled with Adam and cross entropy. */
  build(tf: TensorFlow): LayersModel;
  /** One-hot labels of 10 classes. */
  batch(tf: TensorFlow): Examples;
}

export function compiled(tf: TensorFlow, model: LayersModel): LayersModel {
  model.compile({optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy'});
  return model;
}

/** The gradient in all weights as a user would take it, with all values read; the loss is that of `fit`. */
export function gradientOf(tf: TensorFlow, model: LayersModel, {x, y}: Examples): () => void {
  const variables = model.trainableWeights.map(weight => weight.read() as Variable);
  return () =>
    tf.tidy(() => {
      const {grads} = tf.variableGrads(() => lossOf(tf, model, {x, y}), variables);
      for (const gradient of Object.values(grads)) gradient.dataSync();
    });
}

function lossOf(tf: TensorFlow, model: LayersModel, {x, y}: Examples): Scalar {
  const prediction = model.apply(x, {training: true}) as Tensor;
  return tf.mean(tf.metrics.categoricalCrossentropy(y, prediction));
}

/** Initializers that give the same weights every time. */
export function seeds(tf: TensorFlow): () => {kernelInitializer: ReturnType<TensorFlow['initializers']['heNormal']>} {
  let seed = 0;
  return () => ({kernelInitializer: tf.initializers.heNormal({seed: ++seed})});
}
