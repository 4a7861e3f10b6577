import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Jet, KernelCall} from './rule.js';

/** The sum of terms, broadcast to a shape; `null` terms are zero, and so is a `null` result. */
export function combine(terms: readonly (Tensor | null | undefined)[], shape: readonly number[]): Tensor | null {
  const present = terms.filter(term => term !== null && term !== undefined);
  if (present.length === 0) return null;
  const sum = present.reduce((a, b) => tf.add(a, b));
  return tf.util.arraysEqual(sum.shape, shape as number[]) ? sum : tf.broadcastTo(sum, [...shape]);
}

/** A value with its first and second derivative along a line; `null` is zero. */
export interface ValueJet extends Jet {
  readonly value: Tensor;
}

/** The jet of a kernel's input; an input without a jet is constant. */
export function jetOf<Attrs extends object>(
  input: string,
  call: KernelCall<Attrs>,
  jets: Readonly<Record<string, Jet>>,
): ValueJet {
  return {value: call.peek(input), first: null, second: null, ...jets[input]};
}

// Arithmetic on jets, so that the jet of a kernel reads like its formula. Each function applies the chain or product rule twice.

export function plus(a: ValueJet, b: ValueJet): ValueJet {
  const value = tf.add(a.value, b.value);
  return {
    value,
    first: combine([a.first, b.first], value.shape),
    second: combine([a.second, b.second], value.shape),
  };
}

export function negative(a: ValueJet): ValueJet {
  return {value: tf.neg(a.value), first: a.first && tf.neg(a.first), second: a.second && tf.neg(a.second)};
}

/** (ab)˙ = ȧb + aḃ, (ab)¨ = äb + 2ȧḃ + ab̈ */
export function times(a: ValueJet, b: ValueJet): ValueJet {
  const value = tf.mul(a.value, b.value);
  return {
    value,
    first: combine([a.first && tf.mul(a.first, b.value), b.first && tf.mul(a.value, b.first)], value.shape),
    second: combine(
      [
        a.second && tf.mul(a.second, b.value),
        a.first && b.first && tf.mul(tf.mul(a.first, b.first), 2),
        b.second && tf.mul(a.value, b.second),
      ],
      value.shape,
    ),
  };
}

/** f(a)˙ = f′ȧ, f(a)¨ = f′ä + f″ȧ² */
export function compose(a: ValueJet, value: Tensor, slope: () => Tensor, bend: () => Tensor): ValueJet {
  if (a.first === null && a.second === null) return {value, first: null, second: null};
  const f1 = slope();
  return {
    value,
    first: a.first && tf.mul(f1, a.first),
    second: combine([a.second && tf.mul(f1, a.second), a.first && tf.mul(bend(), tf.square(a.first))], value.shape),
  };
}
