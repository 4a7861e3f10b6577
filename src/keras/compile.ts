import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {expectSparseTargets} from '../tfjs-internals/layers/model.js';
import {type LogitsOf, rememberLogits} from './logits.js';
import type {LossFunction} from './losses.js';
import {activationBefore, hasSparseTargets, lossFunction, nameHere} from './losses.js';
import type {MaskOf} from './masks.js';
import type {OutputLoss} from './saved-loss.js';

/** Compiles a model with a loss for each output: that of tfjs-layers if it computes the same as Keras, else one of ours. */
export function compileAsKeras(model: LayersModel, losses: readonly OutputLoss[], maskOf: MaskOf | null): void {
  const logitsOf = losses.some(({name}) => activationBefore(name) !== null) ? rememberLogits(model) : () => null;
  const chosen = losses.map(loss => {
    const here = loss.own === null && activationBefore(loss.name) === null ? nameHere(loss.name, loss.settings) : null;
    if (here !== null && maskOf === null && loss.weight === 1 && loss.reduction === 'mean') return here;
    return composed(loss, maskOf, logitsOf);
  });
  // The types do not allow names and functions in one list.
  model.compile({optimizer: 'sgd', loss: chosen as string[]});
  losses.forEach((loss, i) => {
    if (loss.own === null && hasSparseTargets(loss.name)) expectSparseTargets(model, i);
  });
}

function composed(
  {name, own, settings, reduction, weight}: OutputLoss,
  maskOf: MaskOf | null,
  logitsOf: LogitsOf,
): LossFunction {
  const activation = own === null && !settings.fromLogits ? activationBefore(name) : null;
  const ofLogits = activation && lossFunction(name, {...settings, fromLogits: true});
  const ofPrediction = own ?? lossFunction(name, settings);
  const loss: LossFunction = (y, p) => {
    const logits = activation && logitsOf(p, activation);
    return logits && ofLogits ? ofLogits(y, logits) : ofPrediction(y, p);
  };
  return (y, p) =>
    tf.tidy(() => {
      const mask = maskOf?.(p) ?? null;
      const values = mask === null ? loss(y, p) : masked(loss(y, p), mask, reduction);
      // tfjs-layers takes the mean over the samples.
      const factor = weight * (reduction === 'sum' ? values.size : 1);
      return factor === 1 ? values : tf.mul(values, factor);
    });
}

/** The masked mean, as in Keras: over the steps that the mask keeps. */
function masked(values: tf.Tensor, mask: tf.Tensor, reduction: OutputLoss['reduction']): tf.Tensor {
  const kept = tf.cast(mask, 'float32');
  const shape = [...kept.shape, ...new Array<number>(Math.max(0, values.rank - kept.rank)).fill(1)];
  const share = reduction === 'sum' ? kept : tf.div(tf.mul(kept, kept.size), tf.add(tf.sum(kept), 1e-7));
  return tf.mul(values, tf.reshape(share, shape));
}
