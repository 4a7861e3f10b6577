import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {offTape} from '../../../tfjs-internals/core/tape.js';
import {combine, jetOf, times} from '../jet-arithmetic.js';
import type {KernelCall, KernelRule, RuleFamily} from '../rule.js';
import {sumOfSlopes} from '../rule-constructors.js';

// Activations with a trainable weight, and gradients of activations.

const positive = (x: Tensor): Tensor => offTape(() => tf.step(x));

// y = x for x > 0, else αx: dy = (1 or α) dx + (0 or x) dα
const prelu: KernelRule = {
  kind: 'composite',
  differentiable: ['x', 'alpha'],
  linearize(call, active) {
    const slopes = {
      x: () => tf.where(tf.greater(call.peek('x'), 0), tf.onesLike(call.peek('x')), spreadAlpha(call)),
      alpha: () => tf.minimum(call.peek('x'), 0),
    };
    return sumOfSlopes(call, active, slopes);
  },
  // x ≤ 0: the product rule for αx; x > 0: the jet of x.
  jet(call, jets) {
    const x = jetOf('x', call, jets);
    const product = times(x, jetOf('alpha', call, jets));
    const mask = positive(x.value);
    const pick = (same: Tensor | null, scaled: Tensor | null) =>
      combine([same && tf.mul(mask, same), scaled && tf.mul(tf.sub(1, mask), scaled)], call.outputShape());
    return [{first: pick(x.first, product.first), second: pick(x.second, product.second)}];
  },
};

function spreadAlpha(call: KernelCall): Tensor {
  return tf.broadcastTo(call.peek('alpha'), [...call.shape('x')]);
}

// dx = dy (1 for y ≥ 0, else y + 1)
const eluGrad: KernelRule = {
  kind: 'composite',
  differentiable: ['dy', 'y'],
  linearize(call, active) {
    const slopes = {
      dy: () => {
        const y = call.peek('y');
        return tf.where(tf.greaterEqual(y, 0), tf.onesLike(y), tf.add(y, 1));
      },
      y: () => tf.mul(call.peek('dy'), tf.cast(tf.less(call.peek('y'), 0), 'float32')),
    };
    return sumOfSlopes(call, active, slopes);
  },
};

export const gatingRules: RuleFamily = {Prelu: prelu, EluGrad: eluGrad};
