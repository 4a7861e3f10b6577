import type {Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {check} from '../arguments/check.js';
import {finiteNumber} from '../arguments/kinds.js';
import type {MatvecOperator} from './linear-operator.js';
import {requireOperator} from './operator-argument.js';

/**
 * A + σI. With σ > 0 this damps A: it is positive definite if σ is larger than minus A's smallest eigenvalue.
 *
 * It owns nothing and is valid as long as A is. A product costs one with A.
 *
 * @throws InvalidArgumentError for a shift that is not finite.
 * @example
 * const step = await conjugateGradient(shifted(G, 1e-3), G.gradient());
 */
export function shifted(op: MatvecOperator, shift: number): MatvecOperator {
  requireOperator(op);
  check('shift', finiteNumber(), shift);
  const add = <T extends Tensor1D | Tensor2D>(product: T, x: T): T => {
    const sum = tf.tidy(() => tf.add(product, tf.mul(x, shift))) as T;
    product.dispose();
    return sum;
  };
  return {
    size: op.size,
    matvec: v => add(op.matvec(v), v),
    ...(op.matmat && {matmat: (V: Tensor2D) => add(op.matmat!(V), V)}),
  };
}
