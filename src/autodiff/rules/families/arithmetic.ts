import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {offTape} from '../../../tfjs-internals/core/tape.js';
import {combine} from '../jet-arithmetic.js';
import type {KernelCall, KernelRule, RuleFamily} from '../rule.js';
import {bilinear, linear, sumOfSlopes, sumTo} from '../rule-constructors.js';
import {broadcasting, elementByElement} from '../vmap.js';

// Binary kernels, which broadcast.

/** The derivatives of y = f(a, b), element by element; second derivatives that are zero are left out. */
interface BinaryDerivatives {
  /** ∂f/∂a */
  readonly a: (a: Tensor, b: Tensor, y: Tensor) => Tensor;
  /** ∂f/∂b */
  readonly b: (a: Tensor, b: Tensor, y: Tensor) => Tensor;
  readonly aa?: (a: Tensor, b: Tensor, y: Tensor) => Tensor;
  readonly ab?: (a: Tensor, b: Tensor, y: Tensor) => Tensor;
  readonly bb?: (a: Tensor, b: Tensor, y: Tensor) => Tensor;
}

/** dy = f_a da + f_b db; ÿ = f_a ä + f_b b̈ + f_aa ȧ² + 2 f_ab ȧḃ + f_bb ḃ² */
function elementwiseOfTwo(f: BinaryDerivatives): KernelRule {
  const valuesOf = (call: KernelCall) => [call.peek('a'), call.peek('b'), call.peekOutput()] as const;
  const slope = (call: KernelCall, name: 'a' | 'b') => call.memo(`∂${name}`, () => f[name](...valuesOf(call)));
  return {
    kind: 'elementwise',
    differentiable: ['a', 'b'],
    linearize(call, active) {
      return sumOfSlopes(call, active, {a: () => f.a(...valuesOf(call)), b: () => f.b(...valuesOf(call))});
    },
    jet(call, {a, b}) {
      const values = valuesOf(call);
      const times = (derivative: Tensor | undefined, ...tangents: (Tensor | null | undefined)[]) =>
        derivative && tangents.every(t => t) ? tangents.reduce<Tensor>((p, t) => tf.mul(p, t!), derivative) : null;
      const shape = call.outputShape();
      const fa = a ? slope(call, 'a') : undefined;
      const fb = b ? slope(call, 'b') : undefined;
      const twice = (term: Tensor | null) => term && tf.mul(term, 2);
      return [
        {
          first: combine([times(fa, a?.first), times(fb, b?.first)], shape),
          second: combine(
            [
              times(fa, a?.second),
              times(fb, b?.second),
              a?.first && f.aa ? times(f.aa(...values), a.first, a.first) : null,
              a?.first && b?.first && f.ab ? twice(times(f.ab(...values), a.first, b.first)) : null,
              b?.first && f.bb ? times(f.bb(...values), b.first, b.first) : null,
            ],
            shape,
          ),
        },
      ];
    },
  };
}

/** y = a ± b. */
function sum(sign: 1 | -1): KernelRule {
  return linear(['a', 'b'], {
    map: call => (tangents, runner) => {
      const {a, b} = tangents;
      const terms = [a, b && sign < 0 ? tf.neg(b) : b].filter(term => term !== undefined);
      return sumTo(call.outputShape(), terms, runner);
    },
  });
}

const takesFirst = (a: Tensor, b: Tensor, greater: boolean): Tensor =>
  offTape(() => tf.cast(greater ? tf.greaterEqual(a, b) : tf.lessEqual(a, b), 'float32'));

export const arithmeticRules: RuleFamily = {
  Add: {...sum(1), vmap: broadcasting('Add')},
  Sub: {...sum(-1), vmap: broadcasting('Sub')},
  AddN: linear('all', {
    map: call => (tangents, runner) => sumTo(call.outputShape(), Object.values(tangents), runner),
  }),
  Multiply: bilinear('a', 'b', {scales: true, vmap: broadcasting('Multiply')}),
  // y = a/b: f_a = 1/b, f_b = −y/b, f_ab = −1/b², f_bb = 2y/b²
  RealDiv: elementwiseOfTwo({
    a: (_a, b) => tf.reciprocal(b),
    b: (_a, b, y) => tf.neg(tf.div(y, b)),
    ab: (_a, b) => tf.neg(tf.square(tf.reciprocal(b))),
    bb: (_a, b, y) => tf.mul(tf.div(y, tf.square(b)), 2),
  }),
  // y = (a − b)²
  SquaredDifference: elementwiseOfTwo({
    a: (a, b) => tf.mul(tf.sub(a, b), 2),
    b: (a, b) => tf.mul(tf.sub(b, a), 2),
    aa: (_a, _b, y) => tf.fill(y.shape, 2),
    ab: (_a, _b, y) => tf.fill(y.shape, -2),
    bb: (_a, _b, y) => tf.fill(y.shape, 2),
  }),
  // y = aᵇ: f_a = b aᵇ⁻¹, f_b = y log a, f_aa = b(b−1) aᵇ⁻², f_ab = aᵇ⁻¹(1 + b log a), f_bb = y log² a; log a is 0 for a ≤ 0
  Pow: elementwiseOfTwo({
    a: (a, b) => tf.mul(b, power(a, tf.sub(b, 1))),
    b: (a, _b, y) => tf.mul(y, safeLog(a)),
    aa: (a, b) => powerCurvature(a, b),
    ab: (a, b) => tf.mul(power(a, tf.sub(b, 1)), tf.add(tf.mul(b, safeLog(a)), 1)),
    bb: (a, _b, y) => tf.mul(y, tf.square(safeLog(a))),
  }),
  // y = atan2(a, b): f_a = b/r², f_b = −a/r², f_aa = −2ab/r⁴ = −f_bb, f_ab = (a² − b²)/r⁴
  Atan2: elementwiseOfTwo({
    a: (a, b) => tf.div(b, squaredRadius(a, b)),
    b: (a, b) => tf.neg(tf.div(a, squaredRadius(a, b))),
    aa: (a, b) => tf.mul(tf.div(tf.mul(a, b), tf.square(squaredRadius(a, b))), -2),
    ab: (a, b) => tf.div(tf.sub(tf.square(a), tf.square(b)), tf.square(squaredRadius(a, b))),
    bb: (a, b) => tf.mul(tf.div(tf.mul(a, b), tf.square(squaredRadius(a, b))), 2),
  }),
  // If a = b, TensorFlow.js' own gradient goes to a.
  Maximum: elementwiseOfTwo({a: (a, b) => takesFirst(a, b, true), b: (a, b) => tf.sub(1, takesFirst(a, b, true))}),
  Minimum: elementwiseOfTwo({a: (a, b) => takesFirst(a, b, false), b: (a, b) => tf.sub(1, takesFirst(a, b, false))}),
  // a − ⌊a/b⌋ b
  Mod: elementwiseOfTwo({a: (_a, _b, y) => tf.onesLike(y), b: (a, b) => offTape(() => tf.neg(tf.floor(tf.div(a, b))))}),
  Select: linear(['t', 'e'], {vmap: elementByElement('Select')}),
};

/** b(b−1) aᵇ⁻²; 0 for b = 0 or 1, even if a is 0. */
function powerCurvature(a: Tensor, b: Tensor): Tensor {
  const factor = tf.mul(b, tf.sub(b, 1));
  const flat = bothZero(a, factor);
  return tf.mul(factor, power(a, tf.where(flat, tf.onesLike(b), tf.sub(b, 2))));
}

/** aᵉ with gradient 0 in a if both are 0, where TensorFlow.js computes 0 · 0⁻¹. */
function power(a: Tensor, e: Tensor): Tensor {
  return tf.pow(tf.where(bothZero(a, e), tf.onesLike(a), a), e);
}

function bothZero(a: Tensor, b: Tensor): Tensor {
  return offTape(() => tf.logicalAnd(tf.equal(a, 0), tf.equal(b, 0)));
}

function safeLog(a: Tensor): Tensor {
  const positive = offTape(() => tf.greater(a, 0));
  return tf.where(positive, tf.log(tf.where(positive, a, tf.onesLike(a))), tf.zerosLike(a));
}

function squaredRadius(a: Tensor, b: Tensor): Tensor {
  return tf.add(tf.square(a), tf.square(b));
}
