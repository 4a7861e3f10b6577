import type {FusedBatchNormAttrs, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {combine, compose, jetOf, negative, plus, times} from '../jet-arithmetic.js';
import type {KernelCall, KernelRule, RuleFamily} from '../rule.js';
import {sumOfSlopes} from '../rule-constructors.js';

// y = (x − μ) σ⁻¹ γ + β, σ⁻¹ = (variance + ε)^(−1/2)
const fusedBatchNorm: KernelRule<FusedBatchNormAttrs> = {
  kind: 'composite',
  differentiable: ['x', 'mean', 'variance', 'scale', 'offset'],
  linearize(call, active) {
    const gain = (σ: Tensor) => (call.inputNames.includes('scale') ? tf.mul(σ, call.peek('scale')) : σ);
    const centred = () => tf.sub(call.peek('x'), call.peek('mean'));
    // The offset has slope 1.
    const slopes = {
      x: () => gain(inverseDeviation(call)).clone(),
      mean: () => tf.neg(gain(inverseDeviation(call))),
      // ∂σ⁻¹/∂variance = −σ⁻³/2
      variance: () => tf.mul(tf.mul(centred(), gain(tf.pow(inverseDeviation(call), 3))), -0.5),
      scale: () => tf.mul(centred(), inverseDeviation(call)),
    };
    return sumOfSlopes(call, active, slopes);
  },
  jet(call, jets) {
    const input = (name: string) => jetOf(name, call, jets);
    const σ = inverseDeviation(call);
    const deviation = compose(
      input('variance'),
      σ,
      () => tf.mul(tf.pow(σ, 3), -0.5),
      () => tf.mul(tf.pow(σ, 5), 0.75),
    );
    let y = times(plus(input('x'), negative(input('mean'))), deviation);
    if (call.inputNames.includes('scale')) y = times(y, input('scale'));
    if (call.inputNames.includes('offset')) y = plus(y, input('offset'));
    return [y];
  },
};

function inverseDeviation(call: KernelCall<FusedBatchNormAttrs>): Tensor {
  return tf.rsqrt(tf.add(call.peek('variance'), call.attrs.varianceEpsilon));
}

// y = softmax(x) over the last axis: dy = y ∘ (dx − ⟨y, dx⟩)
const softmax: KernelRule = {
  kind: 'composite',
  differentiable: ['logits'],
  linearize(call) {
    const y = call.memo('y', () => call.peekOutput().clone());
    return ({logits}) => {
      const weighted = tf.mul(logits!, y);
      return tf.sub(weighted, tf.mul(y, lastAxisSum(weighted)));
    };
  },
  // ẏ = y ∘ (ẋ − ⟨y, ẋ⟩), ÿ = ẏ ∘ (ẋ − ⟨y, ẋ⟩) + y ∘ (ẍ − ⟨y, ẍ⟩ − ⟨ẏ, ẋ⟩)
  jet(call, {logits}) {
    const y = call.peekOutput();
    const centred = (t: Tensor) => tf.sub(t, lastAxisSum(tf.mul(y, t)));
    const {first: dx, second: ddx} = logits!;
    const deviation = dx && centred(dx);
    const first = deviation && tf.mul(y, deviation);
    const bend = dx && first ? tf.sub(tf.mul(first, deviation!), tf.mul(y, lastAxisSum(tf.mul(first, dx)))) : null;
    return [{first, second: combine([ddx && tf.mul(y, centred(ddx)), bend], y.shape)}];
  },
};

function lastAxisSum(x: Tensor): Tensor {
  return tf.sum(x, -1, true);
}

export const normalizationRules: RuleFamily = {
  FusedBatchNorm: fusedBatchNorm,
  Softmax: softmax,
};
