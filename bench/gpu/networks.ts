import type {TensorFlow} from 'tfjs-hessian/node';
import type {Examples} from '../../examples/mnist/data.js';
import {readMnist} from '../../examples/mnist/data.js';
import {cnn} from '../subjects/cnn.js';
import {lstm} from '../subjects/lstm.js';
import {mlp} from '../subjects/mlp.js';
import {resnet} from '../subjects/resnet.js';
import type {Subject} from '../subjects/subject.js';
import {transformer} from '../subjects/transformer.js';

/** A network of the bench with a batch of a GPU's size. */
export interface GpuNetwork {
  readonly name: string;
  readonly subject: Subject;
  readonly batchSize: number;
}

export const networks: readonly GpuNetwork[] = [
  {name: 'cnn-4096', subject: cnn, batchSize: 4096},
  {name: 'cnn-256', subject: cnn, batchSize: 256},
  {name: 'mlp-4096', subject: mlp, batchSize: 4096},
  {name: 'transformer-256', subject: transformer, batchSize: 256},
  {name: 'resnet-128', subject: resnet, batchSize: 128},
  {name: 'lstm-256', subject: lstm, batchSize: 256},
];

/** MNIST's images in the form that the network reads; ResNet reads noise. */
export function batchOf(tf: TensorFlow, {subject}: GpuNetwork, n: number): Examples {
  if (subject.name === 'resnet') {
    const labels = tf.range(0, n, 1, 'int32').mod(tf.scalar(10, 'int32')).toInt();
    return {x: tf.randomNormal([n, 32, 32, 3], 0, 1, 'float32', 1), y: tf.oneHot(labels, 10).toFloat()};
  }
  const {x, y} = readMnist(tf, {training: n, test: 1}).train;
  const inputs = tf.tidy(() => {
    switch (subject.name) {
      case 'mlp':
        return x.reshape([n, 784]);
      case 'transformer':
        return x.reshape([n, 7, 4, 7, 4]).transpose([0, 1, 3, 2, 4]).reshape([n, 49, 16]);
      case 'lstm':
        return tf.pad(x.reshape([n, 28, 28]), [
          [0, 0],
          [2, 2],
          [0, 0],
        ]);
      default:
        return x.clone();
    }
  });
  x.dispose();
  return {x: inputs, y};
}
