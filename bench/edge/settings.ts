import type {Optimizer} from '@tensorflow/tfjs-core';
import type {TensorFlow} from 'tfjs-hessian/node';

/** An optimizer that is driven to its edge of stability. */
export interface Setting {
  readonly title: string;
  /** What differs from TensorFlow.js' defaults, for readers. */
  readonly options: string;
  readonly learningRate: number;
  readonly make: (tf: TensorFlow, learningRate: number) => Optimizer;
}

/** All of TensorFlow.js' optimizers, by the names of their records. The learning rates are such that each starts below its edge and reaches it. */
export const settings: Readonly<Record<string, Setting>> = {
  sgd: {title: 'SGD', options: '', learningRate: 0.6, make: (tf, rate) => tf.train.sgd(rate)},
  momentum: {
    title: 'momentum',
    options: 'β = 0.9',
    learningRate: 1,
    make: (tf, rate) => tf.train.momentum(rate, 0.9),
  },
  nesterov: {
    title: 'momentum, Nesterov',
    options: 'β = 0.9',
    learningRate: 0.35,
    make: (tf, rate) => tf.train.momentum(rate, 0.9, true),
  },
  adam: {title: 'Adam', options: '', learningRate: 0.001, make: (tf, rate) => tf.train.adam(rate)},
  adamax: {title: 'Adamax', options: '', learningRate: 0.002, make: (tf, rate) => tf.train.adamax(rate)},
  rmsprop: {
    title: 'RMSProp',
    options: 'decay 0.99',
    learningRate: 0.0003,
    make: (tf, rate) => tf.train.rmsprop(rate, 0.99),
  },
  'rmsprop-fast': {
    title: 'RMSProp',
    options: 'decay 0.9',
    learningRate: 0.0003,
    make: (tf, rate) => tf.train.rmsprop(rate),
  },
  adagrad: {
    title: 'Adagrad',
    options: 'accumulators from 1e-6',
    learningRate: 0.0025,
    make: (tf, rate) => tf.train.adagrad(rate, 1e-6),
  },
  adadelta: {
    title: 'Adadelta',
    options: 'ρ = 0.95',
    learningRate: 0.6,
    make: (tf, rate) => tf.train.adadelta(rate, 0.95),
  },
};
