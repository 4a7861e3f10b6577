import {readMnist} from '../../examples/mnist/data.js';
import {cnn as demo} from '../../examples/mnist/networks.js';
import type {Subject} from './subject.js';

/** The demo's network, on MNIST. */
export const cnn: Subject = {
  name: 'cnn',
  title: 'CNN: conv 8, conv 16, dense 64, dense 10',
  batchSize: 256,
  build: tf => demo.build(tf),
  batch: tf => readMnist(tf, {training: 256, test: 1}).train,
};
