import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {withoutActivation} from '../tfjs-internals/layers/layer-calls.js';

/** The logits of a prediction that is a softmax or sigmoid; `null` for another prediction. */
export type LogitsOf = (prediction: tf.Tensor, activation: 'softmax' | 'sigmoid') => tf.Tensor | null;

/**
 * Remembers the logits of a model's outputs.
 *
 * If the output is a softmax or sigmoid, Keras computes the cross-entropy from the logits. tfjs-layers computes it from clipped
 * probabilities, which differs for predictions below 1e-7.
 */
export function rememberLogits(model: LayersModel): LogitsOf {
  const known = new WeakMap<tf.Tensor, {readonly logits: tf.Tensor; readonly activation: string}>();
  for (const layer of new Set(model.outputs.map(({sourceLayer}) => sourceLayer))) {
    withoutActivation(layer, (call, activation) => {
      if (activation !== 'softmax' && activation !== 'sigmoid') return null;
      return (inputs, keywords) => {
        const logits = call(inputs, keywords);
        const prediction = activation === 'softmax' ? tf.softmax(logits) : tf.sigmoid(logits);
        known.set(prediction, {logits, activation});
        return prediction;
      };
    });
  }
  return (prediction, activation) => {
    const found = known.get(prediction);
    return found?.activation === activation && !found.logits.isDisposed ? found.logits : null;
  };
}
