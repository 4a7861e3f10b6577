import type {CumprodAttrs, EinsumAttrs, ProdAttrs, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {sliceAlong} from '../../gradients/along-axis.js';
import {reducedAxes} from '../../gradients/extreme-gradient.js';
import type {ValueJet} from '../jet-arithmetic.js';
import {times} from '../jet-arithmetic.js';
import type {KernelRule, RuleFamily} from '../rule.js';
import {sumTo, weightedSum} from '../rule-constructors.js';
import type {VmapRule} from '../runner.js';

// Products of several factors.

/** y = Π x over some axes: dy = Σ (product of the others) dx */
const prod: KernelRule<ProdAttrs> = {
  kind: 'composite',
  differentiable: ['x'],
  linearize(call) {
    const axes = reducedAxes(call.attrs.axis, call.shape('x'));
    const others = call.memo('product of the others', () => productOfOthers(call.peek('x'), axes));
    return weightedSum(call, axes, others);
  },
  jet(call, jets) {
    const axes = reducedAxes(call.attrs.axis, call.shape('x'));
    const rows = (t: Tensor | null) => t && factorsLast(t, axes);
    const {first, second} = jets.x!;
    const product = multiplyOut({value: rows(call.peek('x'))!, first: rows(first), second: rows(second)});
    const shaped = (t: Tensor | null) => t && tf.reshape(t, [...call.outputShape()]);
    return [{first: shaped(product.first), second: shaped(product.second)}];
  },
};

/** Moves the factors to the last axis: `[other axes, factors]`. */
function factorsLast(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, i) => i).filter(i => !axes.includes(i));
  const factors = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  return tf.reshape(tf.transpose(x, [...kept, ...axes]), [x.size / factors, factors]);
}

/** For each factor the product of the others, in x's shape, without division: the product before it times the product after it. */
function productOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, i) => i).filter(i => !axes.includes(i));
  const order = [...kept, ...axes];
  const rows = factorsLast(x, axes);
  const others = tf.mul(tf.cumprod(rows, 1, true, false), tf.cumprod(rows, 1, true, true));
  const permuted = tf.reshape(
    others,
    order.map(axis => x.shape[axis]!),
  );
  return tf.transpose(
    permuted,
    order.map((_, axis) => order.indexOf(axis)),
  );
}

/** Multiplies the first half of the factors by the second until one column is left. */
function multiplyOut(factors: ValueJet): ValueJet {
  const count = factors.value.shape[1]!;
  if (count === 1) return factors;
  const half = Math.ceil(count / 2);
  const columns = (begin: number, size: number): ValueJet => {
    const cut = (t: Tensor | null) => t && tf.slice(t, [0, begin], [-1, size]);
    return {value: cut(factors.value)!, first: cut(factors.first), second: cut(factors.second)};
  };
  const product = times(columns(0, count - half), columns(half, count - half));
  if (count % 2 === 0) return multiplyOut(product);
  const odd = columns(count - half, 1);
  const join = (a: Tensor | null, b: Tensor | null) =>
    a || b ? tf.concat([a ?? tf.zerosLike(product.value), b ?? tf.zerosLike(odd.value)], 1) : null;
  return multiplyOut({
    value: join(product.value, odd.value)!,
    first: join(product.first, odd.first),
    second: join(product.second, odd.second),
  });
}

/**
 * y_i = Π_{j ≤ i} x_j: dy_i = dy_{i−1} x_i + y_{i−1} dx_i, all at once in log₂ n rounds (Hillis & Steele 1986).
 *
 * It is part of the gradient of a product. TensorFlow.js has no gradient for it, so it needs no jet.
 */
const cumprod: KernelRule<CumprodAttrs> = {
  kind: 'composite',
  differentiable: ['x'],
  linearize(call) {
    const rank = call.shape('x').length;
    const [axis] = reducedAxes(call.attrs.axis ?? 0, call.shape('x'));
    const length = call.shape('x')[axis!]!;
    const fromEnd = axis! - rank;
    const direct = (t: Tensor) => (call.attrs.reverse ? tf.reverse(t, t.rank + fromEnd) : t);
    const part = (t: Tensor, begin: number, size: number) => sliceAlong(t, t.rank + fromEnd, begin, size);
    const joined = (a: Tensor, b: Tensor) => tf.concat([a, b], a.rank + fromEnd);
    const distances: number[] = [];
    for (let distance = 1; distance < length; distance *= 2) distances.push(distance);
    // The products of up to 1, 2, 4, … factors ending at i.
    const windows: Tensor[] = [];
    for (const [round, distance] of distances.entries()) {
      windows.push(
        call.memo(`up to ${distance}`, () => {
          if (round === 0) return direct(call.peek('x')).clone();
          const [p, d] = [windows[round - 1]!, distances[round - 1]!];
          return joined(part(p, 0, d), tf.mul(part(p, 0, length - d), part(p, d, length - d)));
        }),
      );
    }
    return ({x}) => {
      let dy = direct(x!);
      for (const [round, d] of distances.entries()) {
        const p = windows[round]!;
        const late = tf.add(
          tf.mul(part(dy, 0, length - d), part(p, d, length - d)),
          tf.mul(part(dy, d, length - d), part(p, 0, length - d)),
        );
        dy = joined(part(dy, 0, d), late);
      }
      if (call.attrs.exclusive) dy = joined(tf.zerosLike(part(dy, 0, 1)), part(dy, 0, length - 1));
      return direct(dy).clone();
    };
  },
};

/** Gives the probe axis its own letter: `ij,jk->ik` becomes `zij,jk->zik`. */
const withProbeLetter: VmapRule<EinsumAttrs> = (inputs, lifted, {equation}) => {
  const [operands, result] = equation.replaceAll(' ', '').split('->') as [string, string];
  const letter = [...'zyxwvutsrqponmlkjihgfedcba'].find(each => !equation.includes(each));
  if (letter === undefined) return null;
  const names = Object.keys(inputs);
  const terms = operands.split(',').map((term, i) => (lifted.includes(names[i]!) ? letter + term : term));
  return [tf.einsum(`${terms.join()}->${letter}${result}`, ...Object.values(inputs))];
};

/** y = Σ Π xᵢ over the letters missing in the result; linear in each operand. TensorFlow.js has no gradient for it. */
const einsum: KernelRule<EinsumAttrs> = {
  kind: 'composite',
  differentiable: 'all',
  linearize(call) {
    const values = () => Object.fromEntries(call.inputNames.map(name => [name, call.hold(name)]));
    values();
    return (tangents, runner) =>
      sumTo(
        call.outputShape(),
        Object.entries(tangents).map(
          ([name, dx]) => runner.run('Einsum', {...values(), [name]: dx}, [name], call.attrs)[0]!,
        ),
        runner,
      );
  },
  vmap: withProbeLetter,
};

export const productRules: RuleFamily = {Prod: prod, Cumprod: cumprod, Einsum: einsum};
