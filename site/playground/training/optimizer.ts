import type {Optimizer} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Settings} from '../settings.js';

const makers: Readonly<Record<Settings['optimizer'], (rate: number) => Optimizer>> = {
  sgd: rate => tf.train.sgd(rate),
  momentum: rate => tf.train.momentum(rate, 0.9),
  adam: rate => tf.train.adam(rate),
};

export function optimizerOf({optimizer, rate}: Settings): Optimizer {
  return makers[optimizer](rate);
}

/** TensorFlow.js has a method for it only for some optimizers. */
export function setLearningRate({optimizer}: LayersModel, rate: number): void {
  const own = optimizer as unknown as {learningRate: number; setLearningRate?(rate: number): void};
  if (own.setLearningRate) own.setLearningRate(rate);
  else own.learningRate = rate;
}
