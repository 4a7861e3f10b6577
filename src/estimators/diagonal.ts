import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {finiteNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import type {Estimate} from '../metrics/records.js';
import {NORMAL_95, studentQuantile} from '../metrics/statistics/student-t.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator} from '../operators/operator-argument.js';
import {notFinite, readRows} from './linalg/read-rows.js';
import {exactDiagonal} from './products/dense.js';
import {eachProbeBlock} from './products/probe-blocks.js';
import {Products} from './products/products.js';

/** Options of `diagonal` and `diagonalSquares`. */
export interface DiagonalArgs {
  /** Products to spend. Default: 16. */
  readonly probes?: number;
  /** Default: 0. */
  readonly seed?: number;
}

const diagonalArgs = optionsOf<DiagonalArgs>('diagonal()')({
  probes: optional(wholeNumber(), 16),
  seed: optional(finiteNumber(), 0),
});

const diagonalSquaresArgs = optionsOf<DiagonalArgs>('diagonalSquares()')({
  ...diagonalArgs.entries,
  probes: optional(wholeNumber(2), 16),
});

/** An estimated diagonal; the caller owns both tensors. */
export interface DiagonalEstimate {
  /** `[size]`. */
  readonly value: tf.Tensor1D;
  /** `[size]`, one for each entry: 0 where exact, NaN where one probe cannot tell. */
  readonly standardError: tf.Tensor1D;
  readonly probes: number;
}

/**
 * The diagonal of an operator, with a standard error for each entry: the mean of v ∘ A v over Rademacher probes v.
 *
 * The variance of entry i is Σ_{j≠i} a_ij² / `probes`. Errors are widened for few probes, so that `value ± 1.96
 * standardError` are 95 % intervals. If `probes` is at least `size`, all columns are computed instead and the errors
 * are 0.
 *
 * Costs `probes` products in blocks of up to 16. Memory: 3 vectors, and 2 a block. The caller owns both tensors.
 *
 * Source: Bekas, Kokiopoulou & Saad (2007); with Rademacher probes their quotient's denominator is constant.
 *
 * @throws InvalidArgumentError for bad options, and for an operator whose product has the wrong shape or is not finite.
 * @example
 * const {value, standardError} = await diagonal(operator, {probes: 32});
 */
export async function diagonal(op: MatvecOperator, args?: DiagonalArgs): Promise<DiagonalEstimate> {
  requireOperator(op);
  const {probes, seed} = diagonalArgs(args);
  const products = new Products(op);
  const {size} = op;
  if (probes >= size) {
    const entries = await exactDiagonal(products);
    const value = tf.tensor1d(entries.map(x => x * products.scale));
    return {value, standardError: tf.zeros([size]), probes: size};
  }
  // Sums of differences to the first probe's g = v ∘ A v, which are exactly 0 for a diagonal operator.
  let reference: tf.Tensor2D | null = null;
  let sum: tf.Tensor1D | null = null;
  let squares: tf.Tensor1D | null = null;
  try {
    await eachProbeBlock(
      {multiply: rows => products.multiply(rows), size, seed, from: 0, to: probes},
      async (v, product) => {
        const kept = tf.tidy(() => {
          const g = tf.mul(v, product) as tf.Tensor2D;
          const origin = reference ?? tf.slice(g, [0, 0], [1, -1]);
          const shifted = tf.sub(g, origin);
          const plus = (old: tf.Tensor1D | null, rows: tf.Tensor): tf.Tensor1D => {
            const block = tf.sum<tf.Tensor1D>(rows, 0);
            return tf.keep(old ? tf.add<tf.Tensor1D>(old, block) : block);
          };
          const sums = {sum: plus(sum, shifted), squares: plus(squares, tf.mul(shifted, shifted))};
          return reference ? sums : {...sums, reference: tf.keep(origin)};
        });
        sum?.dispose();
        squares?.dispose();
        ({sum, squares} = kept);
        if ('reference' in kept) reference = kept.reference;
      },
    );
    const [origin, total, totalSquares] = [reference!, sum!, squares!] as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
    const [[check]] = (await readRows(() => tf.reshape(tf.sum(tf.add(tf.abs(total), tf.abs(origin))), [1, 1]))) as [
      [number],
    ];
    if (!Number.isFinite(check)) throw notFinite();
    const {scale} = products;
    const widened = probes > 1 ? studentQuantile(probes - 1) / NORMAL_95 : Number.NaN;
    return tf.tidy(() => {
      const value = tf.mul(tf.add(tf.squeeze(origin, [0]), tf.div(total, probes)), scale) as tf.Tensor1D;
      const scatter = tf.relu(tf.sub(totalSquares, tf.div(tf.square(total), probes)));
      const error = tf.mul(tf.sqrt(scatter), (scale * widened) / Math.sqrt(probes * Math.max(1, probes - 1)));
      return {value, standardError: error as tf.Tensor1D, probes};
    });
  } finally {
    for (const tensor of [reference, sum, squares] as (tf.Tensor | null)[]) tensor?.dispose();
  }
}

/**
 * An unbiased estimate of the sum of the squares of an operator's diagonal.
 *
 * The mean of g · g' over pairs of different Rademacher probes, g = v ∘ A v; each factor is an unbiased estimate of the
 * diagonal, and they are independent. The standard error is the jackknife's, `null` for two probes, and 0 if
 * `probes` is at least `size`: then all columns are computed instead. `value ± 1.96 standardError` is a 95 % interval.
 *
 * Costs `probes` products (at least 2) in blocks of up to 16. Memory: `probes` vectors.
 *
 * Source: Bekas, Kokiopoulou & Saad (2007) for g; Hoeffding (1948) for means over pairs; Arvesen (1969) for their
 * jackknife.
 *
 * @throws InvalidArgumentError for bad options, and for an operator whose product has the wrong shape or is not finite.
 * @example
 * const {value} = await diagonalSquares(operator, {probes: 32});
 */
export async function diagonalSquares(op: MatvecOperator, args?: DiagonalArgs): Promise<Estimate> {
  requireOperator(op);
  const {probes, seed} = diagonalSquaresArgs(args);
  const products = new Products(op);
  const {size} = op;
  if (probes >= size) {
    const entries = await exactDiagonal(products);
    return {value: entries.reduce((sum, x) => sum + x * x, 0) * products.scale ** 2, standardError: 0, probes: size};
  }
  const blocks: tf.Tensor2D[] = [];
  try {
    await eachProbeBlock(
      {multiply: rows => products.multiply(rows), size, seed, from: 0, to: probes},
      async (v, product) => {
        blocks.push(tf.tidy(() => tf.keep(tf.mul(v, product) as tf.Tensor2D)));
      },
    );
    const gram = await readRows(() => {
      const all = tf.concat<tf.Tensor2D>(blocks, 0);
      return tf.matMul(all, all, false, true);
    });
    const withOthers = gram.map((row, i) => row.reduce((sum, x, j) => (i === j ? sum : sum + x), 0));
    const total = withOthers.reduce((sum, x) => sum + x, 0);
    const value = total / (probes * (probes - 1));
    const square = products.scale ** 2;
    if (probes === 2) return {value: value * square, standardError: null, probes};
    const without = withOthers.map(x => (total - 2 * x) / ((probes - 1) * (probes - 2)));
    const mean = without.reduce((sum, x) => sum + x, 0) / probes;
    const scatter = without.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    const widened = studentQuantile(probes - 1) / NORMAL_95;
    const standardError = widened * Math.sqrt(((probes - 1) / probes) * scatter);
    return {value: value * square, standardError: standardError * square, probes};
  } finally {
    for (const block of blocks) block.dispose();
  }
}
