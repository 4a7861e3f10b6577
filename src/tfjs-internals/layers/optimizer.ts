import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {ownOptimizer} from './optimizer-state.js';

/** A variable of an optimizer, as its lists have it. */
interface OptimizerVariable {
  readonly variable: tf.Variable;
}

/** What an optimizer computes an update from, besides weights and gradients. */
export interface OptimizerParts {
  /** Its settings, such as the learning rate, as text, with the ids of the constants that it keeps them in. */
  readonly settings: string;
  /** Its variables, such as moments. */
  readonly states: readonly tf.Variable[];
  /** Counts a step, as each update does. */
  readonly count: () => void;
}

/** The parts of a model's optimizer; `null` if it is none of TensorFlow.js' own, or has been changed. */
export function optimizerParts({optimizer}: LayersModel): OptimizerParts | null {
  // Their updates run the same kernels in each step while their settings stay.
  if (ownOptimizer(optimizer) === null) return null;
  const states: tf.Variable[] = [];
  // `setLearningRate` replaces SGD's constant, also by one of the same value.
  const constants: number[] = [];
  for (const part of Object.values(optimizer) as unknown[]) {
    if (part instanceof tf.Variable) states.push(part);
    else if (part instanceof tf.Tensor) constants.push(part.id);
    else if (Array.isArray(part))
      states.push(...(part as OptimizerVariable[]).filter(Boolean).map(each => each.variable));
  }
  const {incrementIterations} = optimizer as unknown as {incrementIterations(): void};
  const settings = JSON.stringify([optimizer.getConfig(), constants]);
  return {settings, states, count: () => incrementIterations.call(optimizer)};
}
