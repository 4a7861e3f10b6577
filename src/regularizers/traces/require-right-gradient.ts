import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {pushJets} from '../../autodiff/forward-mode/jets.js';
import {NotAHessianError} from '../../errors.js';
import {causeOf, notTheDerivative, WRONG, warnOfTraining} from '../../operators/checks/derivative-check.js';
import {deriveSeed, probeVector} from '../../random.js';
import {engine} from '../../tfjs-internals/core/engine.js';
import {offTape} from '../../tfjs-internals/core/tape.js';
import {warn} from '../../warnings.js';
import type {TapedLoss} from './taped-loss.js';

/**
 * Compares the gradient of a training step with the derivative of its loss, if the loss has custom or nested gradients. Costs a
 * reverse pass.
 *
 * The penalty is that of the loss's value. If the loss takes gradients itself, the penalty is right, but TensorFlow.js' own
 * training gradient may be wrong: then a warning says so.
 *
 * @throws NotAHessianError if a custom gradient is not the derivative. On a backend that cannot be read synchronously it is a
 *     warning.
 */
export function requireRightGradient(taped: TapedLoss): void {
  const {ownGradients} = taped.recording;
  const isTaped = taped.recording.trainable().length > 0 && engine().state.gradientDepth > 0;
  if (ownGradients.length === 0 || !isTaped) return;
  const discrepancy = discrepancyOf(taped);
  const isCustom = ownGradients.some(({kind}) => kind === 'custom');
  const complain = (part: number): string | null => {
    if (!(part > WRONG)) return null;
    if (!isCustom) warnOfTraining(ownGradients);
    return isCustom ? `${notTheDerivative(part)}. ${causeOf(ownGradients)}` : null;
  };
  let part: number;
  try {
    part = discrepancy.dataSync<'float32'>()[0]!;
  } catch {
    void discrepancy.data().then(later => {
      discrepancy.dispose();
      const message = complain(later[0]!);
      if (message !== null) warn('asymmetric', message);
    });
    return;
  }
  discrepancy.dispose();
  const message = complain(part);
  if (message !== null) throw new NotAHessianError(message, part);
}

/** |gᵀv − dL/dv| / ‖g‖ along a random v, kept. */
function discrepancyOf({recording, loss}: TapedLoss): Tensor {
  const weights = recording.trainable();
  return tf.tidy(() => {
    const xs = weights.map(value => recording.tensorOf(value));
    // A nested gradient keeps the active tape.
    const {grads} = engine().gradients(() => recording.tensorOf(loss), xs, null, true);
    return offTape(() => {
      const seed = deriveSeed(0, 'derivative check');
      const directions = xs.map((x, i) => tf.tensor(probeVector(seed, i, x.size, 'rademacher'), x.shape));
      const slope = pushJets(recording, new Map(weights.map((value, i) => [value, directions[i]!])), loss).first;
      const terms = (of: (gradient: Tensor, v: Tensor) => Tensor) =>
        grads.reduce<Tensor>(
          (sum, gradient, i) => (gradient ? tf.add(sum, tf.sum(of(gradient, directions[i]!))) : sum),
          tf.scalar(0),
        );
      const along = terms((gradient, v) => tf.mul(gradient, v));
      const norm = tf.sqrt(terms(gradient => tf.square(gradient)));
      // At a minimum both are rounding errors of terms that cancel.
      const scale = tf.add(norm, tf.mul(1e-3, tf.sqrt(tf.abs(recording.tensorOf(loss)))));
      return tf.keep(tf.div(tf.abs(slope === null ? along : tf.sub(along, slope)), tf.maximum(scale, 1e-30)));
    });
  });
}
