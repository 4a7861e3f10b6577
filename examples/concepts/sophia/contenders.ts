import type {Optimizer} from '@tensorflow/tfjs-core';
import {gaussNewton, hessian} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {SophiaArgs} from './sophia.js';
import {Sophia} from './sophia.js';

/** An optimizer. For Sophia also the Sophia object and the number of steps between two diagonals. */
export interface Contender {
  readonly optimizer: Optimizer;
  readonly sophia?: {readonly optimizer: Sophia; readonly every: number};
}

/** The optimizers, each with the learning rates to try. */
export function contenders(tf: TensorFlow, every: number) {
  const sophia =
    (curvature: SophiaArgs['curvature']) =>
    (learningRate: number): Contender => {
      const optimizer = new Sophia({learningRate, curvature});
      return {optimizer, sophia: {optimizer, every}};
    };
  return [
    {
      name: 'SGD, momentum 0.9',
      learningRates: [0.02, 0.05, 0.1, 0.2],
      make: (rate: number): Contender => ({optimizer: tf.train.momentum(rate, 0.9)}),
    },
    {
      name: 'Adam',
      learningRates: [1e-3, 3e-3, 1e-2, 3e-2],
      make: (rate: number): Contender => ({optimizer: tf.train.adam(rate)}),
    },
    {
      name: 'Sophia, Hessian',
      learningRates: [1e-3, 3e-3, 1e-2, 3e-2],
      make: sophia(hessian),
    },
    {
      name: 'Sophia, Gauss–Newton',
      learningRates: [1e-3, 3e-3, 1e-2, 3e-2],
      make: sophia(gaussNewton),
    },
  ];
}
