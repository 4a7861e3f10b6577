import type {LRNAttrs, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {ValueJet} from '../jet-arithmetic.js';
import {compose, jetOf, times} from '../jet-arithmetic.js';
import type {KernelCall, KernelRule, RuleFamily} from '../rule.js';
import {sumTo} from '../rule-constructors.js';

// Local response normalization (Krizhevsky, Sutskever & Hinton 2012, §3.3): y = x n^−β, n = b + α W x², where W sums over
// the neighbouring channels. W is symmetric.

/** W as a product with a band matrix of ones, for any leading axes. */
function neighbourhood(call: KernelCall<LRNAttrs>): (x: Tensor) => Tensor {
  const channels = call.shape('x').at(-1)!;
  const band = call.constant('W', () =>
    tf.cast(
      tf.lessEqual(
        tf.abs(tf.sub(tf.range(0, channels), tf.reshape(tf.range(0, channels), [channels, 1]))),
        call.attrs.depthRadius,
      ),
      'float32',
    ),
  );
  return x => tf.reshape(tf.matMul(tf.reshape(x, [-1, channels]), band), x.shape);
}

/** n^(−β − order): the derivative of n^−β without its constant factor. */
function powerOf(n: Tensor, {beta}: LRNAttrs, order = 0): Tensor {
  return tf.pow(n, -beta - order);
}

function norms(call: KernelCall<LRNAttrs>, W: (x: Tensor) => Tensor): Tensor {
  const {bias, alpha} = call.attrs;
  return call.memo('n', () => tf.add(bias, tf.mul(alpha, W(tf.square(call.peek('x'))))));
}

/** dy = n^−β dx − 2αβ x n^(−β−1) ∘ W(x dx) */
const forward: KernelRule<LRNAttrs> = {
  kind: 'composite',
  differentiable: ['x'],
  linearize(call) {
    const {alpha, beta} = call.attrs;
    const W = neighbourhood(call);
    const n = norms(call, W);
    const x = call.hold('x');
    const gain = call.memo('n^−β', () => powerOf(n, call.attrs));
    const bend = call.memo('2αβ x n^(−β−1)', () => tf.mul(2 * alpha * beta, tf.mul(x, powerOf(n, call.attrs, 1))));
    return ({x: dx}) => tf.sub(tf.mul(dx!, gain), tf.mul(bend, W(tf.mul(dx!, x))));
  },
  jet(call, jets) {
    const {alpha, beta} = call.attrs;
    const W = neighbourhood(call);
    const x = jetOf('x', call, jets);
    const square = times(x, x);
    const summed = (t: Tensor | null) => t && tf.mul(alpha, W(t));
    const n: ValueJet = {value: norms(call, W), first: summed(square.first), second: summed(square.second)};
    const gain = compose(
      n,
      powerOf(n.value, call.attrs),
      () => tf.mul(-beta, powerOf(n.value, call.attrs, 1)),
      () => tf.mul(beta * (beta + 1), powerOf(n.value, call.attrs, 2)),
    );
    return [times(x, gain)];
  },
};

/** g = n^−β ∘ dy − 2αβ x ∘ W(y dy / n), the gradient: a function of x, y and dy. */
const backward: KernelRule<LRNAttrs> = {
  kind: 'composite',
  differentiable: ['x', 'y', 'dy'],
  linearize(call) {
    const {alpha, beta} = call.attrs;
    const c = 2 * alpha * beta;
    const W = neighbourhood(call);
    const n = norms(call, W);
    const [x, y, dy] = [call.hold('x'), call.hold('y'), call.hold('dy')];
    const gain = call.memo('n^−β', () => powerOf(n, call.attrs));
    const spread = call.memo('W(y dy/n)', () => W(tf.div(tf.mul(y, dy), n)));
    const through = (t: Tensor) => tf.mul(-c, tf.mul(W(t), x));
    const terms: Record<string, (tangent: Tensor) => Tensor> = {
      x: dx => {
        const dn = tf.mul(2 * alpha, W(tf.mul(dx, x)));
        const direct = tf.mul(tf.mul(dn, dy), tf.mul(-beta, powerOf(n, call.attrs, 1)));
        const inside = tf.div(tf.mul(dn, tf.mul(y, dy)), tf.square(n));
        return tf.sub(tf.sub(direct, tf.mul(c, tf.mul(dx, spread))), through(inside));
      },
      y: dY => through(tf.div(tf.mul(dY, dy), n)),
      dy: ddy => tf.add(tf.mul(ddy, gain), through(tf.div(tf.mul(ddy, y), n))),
    };
    return (tangents, runner) =>
      sumTo(
        call.outputShape(),
        Object.entries(tangents).map(([name, tangent]) => terms[name]!(tangent)),
        runner,
      );
  },
};

export const localResponseRules: RuleFamily = {LRN: forward, LRNGrad: backward};
