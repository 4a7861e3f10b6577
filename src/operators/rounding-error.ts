import type {Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {realTensor} from '../arguments/tensors.js';
import {InvalidArgumentError} from '../errors.js';
import {type LongWorkArgs, longWork, longWorkEntries, type Work} from '../long-work.js';
import {probeVector} from '../random.js';
import type {MatvecOperator} from './linear-operator.js';
import {requireOperator} from './operator-argument.js';
import {pausedProduct} from './paused-product.js';

/** Options of `roundingError`. */
export interface RoundingErrorArgs extends LongWorkArgs {
  /** How many random vectors it is estimated with; default 4. */
  readonly probes?: number;
  /** Seeds them; default 0. */
  readonly seed?: number;
}

const roundingErrorArgs = optionsOf<RoundingErrorArgs>('roundingError()')({
  probes: optional(wholeNumber(), 4),
  seed: optional(finiteNumber(), 0),
  ...longWorkEntries,
});

/**
 * How large a part of a product A v is rounding of float32: an estimate of ‖Ãv − Av‖ / ‖Ãv‖ for the product Ãv that the engine
 * computes.
 *
 * A is symmetric and linear; what is computed is so only up to rounding. For random vectors u the difference of uᵀÃv and vᵀÃu
 * shows the rounding of what was recorded, that of Ã(v + u) and Ãv + Ãu the rounding of the products. The larger one is
 * taken. It gives the order of magnitude: an error that is symmetric goes unseen. It costs 1 + 2 × probes products.
 *
 * Large where terms cancel: batch normalization over two samples whose variance is far above its ε hardly depends on its
 * input, and float32 keeps few digits of what is left.
 *
 * @returns about 1e-6 where products are exact to float32; 1 and more where nothing of them is.
 * @throws InvalidArgumentError for probes that are not a whole number of at least 1, for a vector of another shape.
 * @example
 * const error = await roundingError(H, v);
 */
export async function roundingError(op: MatvecOperator, v: Tensor1D, args?: RoundingErrorArgs): Promise<number> {
  requireOperator(op);
  const {probes, seed, ...long} = roundingErrorArgs(args);
  check('v', realTensor<Tensor1D>(), v);
  if (v.rank !== 1 || v.size !== op.size) {
    throw new InvalidArgumentError(
      `v has shape [${v.shape.join(', ')}]; a vector of the operator has shape [${op.size}].`,
    );
  }
  return longWork(long, 1 + 2 * probes, work => relativeRounding(op, v, {probes, seed}, work));
}

async function relativeRounding(
  op: MatvecOperator,
  v: Tensor1D,
  {probes, seed}: {readonly probes: number; readonly seed: number},
  work: Work,
): Promise<number> {
  const Av = await pausedProduct(op, v, work);
  try {
    const [direction, image] = [await v.data(), await Av.data()];
    const norm = Math.sqrt(dot(image, image));
    if (norm === 0) return 0;
    const scale = Math.sqrt(dot(direction, direction) / op.size);
    let [asymmetry, nonlinearity] = [0, 0];
    for (let i = 0; i < probes; i++) {
      const u = probeVector(seed, i, op.size, 'gaussian').map(entry => entry * scale);
      const ofU = await product(op, u, work);
      const ofSum = await product(
        op,
        u.map((entry, j) => entry + direction[j]!),
        work,
      );
      asymmetry += ((dot(u, image) - dot(direction, ofU)) / scale) ** 2;
      nonlinearity += ofSum.reduce((sum, entry, j) => sum + (entry - image[j]! - ofU[j]!) ** 2, 0);
    }
    // For errors E that are independent: E and Eᵀ add up in the one; three products, one of them twice as large, in the other.
    return Math.sqrt(Math.max(asymmetry / 2, nonlinearity / 4) / probes) / norm;
  } finally {
    Av.dispose();
  }
}

async function product(op: MatvecOperator, v: Float32Array, work: Work): Promise<Float32Array> {
  const vector = tf.tensor1d(v);
  let image: Tensor1D | null = null;
  try {
    image = await pausedProduct(op, vector, work);
    return (await image.data()) as Float32Array;
  } finally {
    vector.dispose();
    image?.dispose();
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
