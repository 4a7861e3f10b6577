// A product of a Hessian that is known in closed form, to see whether an engine computes what it should.
import * as tf from '@tensorflow/tfjs-core';
import {hessian} from 'tfjs-hessian';
import {withOwned} from '../../../../src/owned.js';

const [ROWS, INPUTS, UNITS] = [5, 4, 3];

/**
 * The greatest relative error that is accepted. In float32 products have errors of about 10⁻⁶, and up to 10⁻⁵ where a graphics card
 * rounds tanh coarsely; with 16-bit numbers, of 10⁻³.
 */
export const MOST_ERROR = 1e-4;

/**
 * The relative error of a product of the Hessian of ½ ‖tanh(X W) − Y‖² on the engine in use.
 *
 * @throws EngineError if the engine says itself that it cannot compute it.
 */
export async function errorOfKnownProduct(): Promise<number> {
  const numbers = (n: number, start: number) => Array.from({length: n}, (_, i) => Math.sin(start + 2.4 * i));
  const X = numbers(ROWS * INPUTS, 1);
  const W = numbers(INPUTS * UNITS, 2);
  const Y = numbers(ROWS * UNITS, 3);
  const V = numbers(INPUTS * UNITS, 4);
  return withOwned(async owned => {
    const weights = owned.use(tf.tidy(() => tf.variable(tf.tensor2d(W, [INPUTS, UNITS]))));
    const [x, y] = [owned.use(tf.tensor2d(X, [ROWS, INPUTS])), owned.use(tf.tensor2d(Y, [ROWS, UNITS]))];
    const loss = () => tf.mul(0.5, tf.sum(tf.square(tf.sub(tf.tanh(tf.matMul(x, weights)), y)))) as tf.Scalar;
    const H = owned.use(await hessian(loss, [weights]));
    const product = owned.use(H.matvec(owned.use(tf.tensor1d(V))));
    return relativeError(await product.data(), knownProduct(X, W, Y, V));
  });
}

/** With A = X W, T = tanh A, S = 1 − T², R = T − Y:  H v = Xᵀ ((X V) ∘ (S² − 2 R ∘ T ∘ S)), in float64. */
function knownProduct(X: number[], W: number[], Y: number[], V: number[]): number[] {
  const result = new Array<number>(INPUTS * UNITS).fill(0);
  const entry = (M: number[], row: number, unit: number) => {
    let sum = 0;
    for (let i = 0; i < INPUTS; i++) sum += X[row * INPUTS + i]! * M[i * UNITS + unit]!;
    return sum;
  };
  for (let row = 0; row < ROWS; row++) {
    for (let unit = 0; unit < UNITS; unit++) {
      const T = Math.tanh(entry(W, row, unit));
      const S = 1 - T * T;
      const R = T - Y[row * UNITS + unit]!;
      const factor = entry(V, row, unit) * (S * S - 2 * R * T * S);
      for (let i = 0; i < INPUTS; i++) result[i * UNITS + unit]! += X[row * INPUTS + i]! * factor;
    }
  }
  return result;
}

function relativeError(found: ArrayLike<number>, known: readonly number[]): number {
  const difference = known.map((value, i) => value - found[i]!);
  return Math.hypot(...difference) / Math.hypot(...known);
}
