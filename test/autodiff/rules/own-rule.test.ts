// A rule for a user's own kernel. Its attributes have a type, so that the rule needs no cast.
import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, expectTypeOf, it} from 'vitest';
import type {KernelRule} from '../../../src/autodiff/rules/rule.js';
import {bilinear, elementwise, linear} from '../../../src/autodiff/rules/rule-constructors.js';
import {registerTangentRule} from '../../../src/autodiff/rules/rule-table.js';
import {hessian} from '../../../src/operators/hessian.js';
import {useEngine} from '../../engines.js';

interface PowerAttrs {
  readonly exponent: number;
}

/** y = xⁿ, by a kernel of a user. */
function ownPower(x: Tensor, exponent: number): Tensor {
  return tf.engine().runKernel('OwnPower', {x}, {exponent}) as Tensor;
}

const slope = (x: Tensor, n: number): Tensor => tf.mul(n, tf.pow(x, n - 1));
const bend = (x: Tensor, n: number): Tensor => tf.mul(n * (n - 1), tf.pow(x, n - 2));

/** dy = f′(x) dx; ÿ = f′(x) ẍ + f″(x) ẋ² */
const written: KernelRule<PowerAttrs> = {
  kind: 'composite',
  differentiable: ['x'],
  linearize(call) {
    const s = call.memo("f'", () => slope(call.peek('x'), call.attrs.exponent));
    return ({x}) => tf.mul(x!, s);
  },
  jet(call, {x}) {
    const {exponent} = call.attrs;
    const s = slope(call.peek('x'), exponent);
    const first = x!.first && tf.mul(s, x!.first);
    const straight = x!.second && tf.mul(s, x!.second);
    const curved = x!.first && tf.mul(bend(call.peek('x'), exponent), tf.square(x!.first));
    return [{first, second: straight && curved ? tf.add(straight, curved) : (straight ?? curved)}];
  },
};

const constructed = elementwise((x, _y, {exponent}: PowerAttrs) => slope(x, exponent), {
  second: (x, _y, {exponent}) => bend(x, exponent),
});

const undo: (() => void)[] = [];

beforeAll(async () => {
  await useEngine('cpu');
  tf.registerKernel({
    kernelName: 'OwnPower',
    backendName: 'cpu',
    kernelFunc: ({inputs, attrs}) => tf.pow(inputs.x as Tensor, attrs!.exponent as number),
  });
  tf.registerGradient({
    kernelName: 'OwnPower',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => {
      const n = attrs.exponent as number;
      return {x: () => tf.mul(dy as Tensor, tf.mul(n, ownPower(x!, n - 1)))};
    },
  });
  return () => {
    tf.unregisterKernel('OwnPower', 'cpu');
    tf.unregisterGradient('OwnPower');
  };
});

afterEach(() => {
  for (const each of undo.splice(0)) each();
});

describe('a rule for a user’s kernel', () => {
  it.each([
    ['written by hand', written],
    ['made by elementwise()', constructed],
  ])('reads the kernel’s attributes with their type, %s', async (how, rule) => {
    undo.push(registerTangentRule('OwnPower', rule));
    const w = tf.variable(tf.tensor1d([1, 2, 3]), true, `own-power-${how}`);
    const H = await hessian(() => tf.sum(ownPower(w, 4)) as tf.Scalar, [w]);
    // d²/dx² Σ x⁴ = 12 x²
    expect([...(await H.matvec(tf.ones([3])).data())].map(Math.round)).toEqual([12, 48, 108]);
    H.dispose();
    w.dispose();
  });

  it('gets attributes of the type that it declares', () => {
    registerTangentRule<PowerAttrs>('OwnPower', {
      kind: 'linear',
      differentiable: 'all',
      linearize(call) {
        expectTypeOf(call.attrs).toEqualTypeOf<PowerAttrs>();
        return () => [];
      },
      vmap(_inputs, _lifted, attrs) {
        expectTypeOf(attrs).toEqualTypeOf<PowerAttrs>();
        return null;
      },
    })();
    elementwise<PowerAttrs>((x, _y, attrs) => {
      expectTypeOf(attrs).toEqualTypeOf<PowerAttrs>();
      return x;
    });
    linear<PowerAttrs>(['x'], {
      attrs: attrs => {
        expectTypeOf(attrs).toEqualTypeOf<PowerAttrs>();
        return {...attrs, exponent: 1};
      },
    });
    bilinear<PowerAttrs>('a', 'b', {
      product: (call, {a}) => {
        expectTypeOf(call.attrs).toEqualTypeOf<PowerAttrs>();
        return a!;
      },
    });
    // @ts-expect-error: the kernel has no such attribute.
    elementwise((x, _y, attrs: PowerAttrs) => tf.mul(x, attrs.power));
  });

  it('gets attributes of unknown type if it declares none', () => {
    const rule: Pick<KernelRule, 'linearize'> = {
      linearize(call) {
        expectTypeOf(call.attrs.exponent).toEqualTypeOf<unknown>();
        return () => [];
      },
    };
    expect(rule.linearize).toBeTypeOf('function');
    registerTangentRule(
      'OwnPower',
      elementwise((x, _y, attrs) => {
        expectTypeOf(attrs.exponent).toEqualTypeOf<unknown>();
        return x;
      }),
    )();
  });
});
