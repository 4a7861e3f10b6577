import type {ClipByValueAttrs, LeakyReluAttrs, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {offTape} from '../../../tfjs-internals/core/tape.js';
import type {KernelRule, RuleFamily} from '../rule.js';
import {constant, elementwise} from '../rule-constructors.js';

const one = (x: Tensor): Tensor => tf.onesLike(x);
/** The mask x > 0; the tape treats it as constant. */
const positive = (x: Tensor): Tensor => offTape(() => tf.greater(x, 0));
/** 1 where a condition is true, 0 elsewhere. */
const where = (condition: Tensor): Tensor => tf.cast(condition, 'float32');

// Smooth functions of one variable: f′, and f″ if it is not zero.
const smooth: RuleFamily = {
  Neg: elementwise(x => tf.fill(x.shape, -1)),
  // eˣ: f′ = f″ = y
  Exp: elementwise((_x, y) => y.clone(), {second: (_x, y) => y}),
  Expm1: elementwise((_x, y) => tf.add(y, 1), {second: (_x, y) => tf.add(y, 1)}),
  Log: elementwise(x => tf.reciprocal(x), {second: x => tf.neg(tf.square(tf.reciprocal(x)))}),
  Log1p: elementwise(x => tf.reciprocal(tf.add(x, 1)), {second: x => tf.neg(tf.square(tf.reciprocal(tf.add(x, 1))))}),
  Reciprocal: elementwise((_x, y) => tf.neg(tf.square(y)), {second: (_x, y) => tf.mul(tf.mul(tf.square(y), y), 2)}),
  Square: elementwise(x => tf.mul(x, 2), {second: x => tf.fill(x.shape, 2)}),
  // √x: f′ = 1/2y, f″ = −1/4y³
  Sqrt: elementwise((_x, y) => tf.div(0.5, y), {second: (_x, y) => tf.div(-0.25, tf.mul(tf.square(y), y))}),
  // x^(−1/2): f′ = −y³/2, f″ = ¾y⁵
  Rsqrt: elementwise((_x, y) => tf.mul(tf.mul(tf.square(y), y), -0.5), {
    second: (_x, y) => tf.mul(tf.mul(tf.square(tf.square(y)), y), 0.75),
  }),
  Sin: elementwise(x => tf.cos(x), {second: (_x, y) => tf.neg(y)}),
  Cos: elementwise(x => tf.neg(tf.sin(x)), {second: (_x, y) => tf.neg(y)}),
  Tan: elementwise((_x, y) => tf.add(tf.square(y), 1), {
    second: (_x, y) => tf.mul(tf.mul(y, 2), tf.add(tf.square(y), 1)),
  }),
  Asin: elementwise(x => tf.rsqrt(tf.sub(1, tf.square(x))), {
    second: x => tf.mul(x, tf.pow(tf.rsqrt(tf.sub(1, tf.square(x))), 3)),
  }),
  Acos: elementwise(x => tf.neg(tf.rsqrt(tf.sub(1, tf.square(x)))), {
    second: x => tf.neg(tf.mul(x, tf.pow(tf.rsqrt(tf.sub(1, tf.square(x))), 3))),
  }),
  Atan: elementwise(x => tf.reciprocal(tf.add(tf.square(x), 1)), {
    second: x => tf.mul(tf.mul(x, -2), tf.square(tf.reciprocal(tf.add(tf.square(x), 1)))),
  }),
  Sinh: elementwise(x => tf.cosh(x), {second: (_x, y) => y}),
  Cosh: elementwise(x => tf.sinh(x), {second: (_x, y) => y}),
  Asinh: elementwise(x => tf.rsqrt(tf.add(tf.square(x), 1)), {
    second: x => tf.neg(tf.mul(x, tf.pow(tf.rsqrt(tf.add(tf.square(x), 1)), 3))),
  }),
  Acosh: elementwise(x => tf.rsqrt(tf.sub(tf.square(x), 1)), {
    second: x => tf.neg(tf.mul(x, tf.pow(tf.rsqrt(tf.sub(tf.square(x), 1)), 3))),
  }),
  Atanh: elementwise(x => tf.reciprocal(tf.sub(1, tf.square(x))), {
    second: x => tf.mul(tf.mul(x, 2), tf.square(tf.reciprocal(tf.sub(1, tf.square(x))))),
  }),
  // f′ = 1 − y², f″ = −2y f′
  Tanh: elementwise((_x, y) => tf.sub(1, tf.square(y)), {
    second: (_x, y) => tf.mul(tf.mul(y, -2), tf.sub(1, tf.square(y))),
  }),
  // f′ = y(1 − y), f″ = f′(1 − 2y)
  Sigmoid: elementwise((_x, y) => tf.mul(y, tf.sub(1, y)), {
    second: (_x, y) => tf.mul(tf.mul(y, tf.sub(1, y)), tf.sub(1, tf.mul(y, 2))),
  }),
  // log(1 + eˣ): f′ = σ(x), f″ = σ(1 − σ)
  Softplus: elementwise(x => tf.sigmoid(x), {
    second: x => {
      const s = tf.sigmoid(x);
      return tf.mul(s, tf.sub(1, s));
    },
  }),
  // f′ = 2/√π exp(−x²), f″ = −2x f′
  Erf: elementwise(x => erfSlope(x), {second: x => tf.mul(tf.mul(x, -2), erfSlope(x))}),
};

function erfSlope(x: Tensor): Tensor {
  return tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI));
}

const SELU_SCALE = 1.0507009873554805;
const SELU_SCALED_ALPHA = 1.7580993408473768;

// Piecewise smooth functions; at a kink the derivative is that of TensorFlow.js' own gradient.
const piecewise: RuleFamily = {
  // y ≥ 0, so its sign is its step; TensorFlow.js' `step` runs a chain of ops.
  Relu: elementwise((_x, y) => tf.sign(y)),
  Relu6: elementwise((x, y) => tf.mul(tf.sign(y), where(tf.lessEqual(x, 6)))),
  LeakyRelu: elementwise((x, _y, {alpha}: LeakyReluAttrs) => tf.step(x, alpha)),
  // −1 at 0.
  Abs: elementwise(x => tf.sub(tf.mul(where(tf.greater(x, 0)), 2), 1)),
  ClipByValue: elementwise((x, _y, {clipValueMin, clipValueMax}: ClipByValueAttrs) =>
    where(tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax))),
  ),
  // x > 0: x, else eˣ − 1
  Elu: elementwise((x, y) => tf.where(positive(x), one(x), tf.add(y, 1)), {
    second: (x, y) => tf.where(positive(x), tf.zerosLike(x), tf.add(y, 1)),
  }),
  // x > 0: s x, else sα(eˣ − 1)
  Selu: elementwise((x, y) => tf.where(positive(x), tf.fill(x.shape, SELU_SCALE), tf.add(y, SELU_SCALED_ALPHA)), {
    second: (x, y) => tf.where(positive(x), tf.zerosLike(x), tf.add(y, SELU_SCALED_ALPHA)),
  }),
};

const STEPS = [
  'Step', 'Sign', 'Floor', 'Ceil', 'Round', 'OnesLike', 'ZerosLike', 'IsNan', 'IsFinite', 'IsInf', 'Equal', 'NotEqual',
  'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr', 'LogicalNot', 'Any', 'All', 'ArgMax',
  'ArgMin', 'OneHot', 'FloorDiv',
]; // biome-ignore format: a list of names

/** Functions of one variable, and piecewise constant kernels. */
export const elementwiseRules: RuleFamily = {
  ...smooth,
  ...piecewise,
  ...Object.fromEntries(STEPS.map((kernel): [string, KernelRule] => [kernel, constant])),
};
