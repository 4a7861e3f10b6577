import type {Sequential} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from 'tfjs-hessian/node';

export interface Network {
  /** The name, with its article. */
  readonly title: string;
  /** A new model, always with the same initial weights. */
  build(tf: TensorFlow): Sequential;
}

export const cnn: Network = {
  title: 'a CNN',
  build: tf =>
    compiled(tf, [
      tf.layers.conv2d({...relu(tf, 1), name: 'conv_8', filters: 8, kernelSize: 3, inputShape: [28, 28, 1]}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.conv2d({...relu(tf, 2), name: 'conv_16', filters: 16, kernelSize: 3}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      tf.layers.dense({...relu(tf, 3), name: 'dense_64', units: 64}),
      tf.layers.dense({...relu(tf, 4), name: 'dense_10', units: 10, activation: 'softmax'}),
    ]),
};

/** For engines that cannot train convolutions. */
export const mlp: Network = {
  title: 'an MLP',
  build: tf =>
    compiled(tf, [
      tf.layers.flatten({inputShape: [28, 28, 1]}),
      tf.layers.dense({...relu(tf, 1), name: 'dense_64', units: 64}),
      tf.layers.dense({...relu(tf, 2), name: 'dense_48', units: 48}),
      tf.layers.dense({...relu(tf, 3), name: 'dense_32', units: 32}),
      tf.layers.dense({...relu(tf, 4), name: 'dense_10', units: 10, activation: 'softmax'}),
    ]),
};

function relu(tf: TensorFlow, seed: number) {
  return {activation: 'relu', kernelInitializer: tf.initializers.heNormal({seed})} as const;
}

function compiled(tf: TensorFlow, layers: Parameters<Sequential['add']>[0][]): Sequential {
  const model = tf.sequential({layers});
  model.compile({optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}
