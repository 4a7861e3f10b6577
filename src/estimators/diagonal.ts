import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {finiteNumber, oneOf, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {type LongWorkArgs, longWork, longWorkEntries, type Work} from '../long-work.js';
import type {Estimate} from '../metrics/records.js';
import {NORMAL_95, studentQuantile} from '../metrics/statistics/student-t.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator} from '../operators/operator-argument.js';
import type {DiagonalEstimate} from './diagonals/diagonal-estimate.js';
import {hutchinsonDiagonal} from './diagonals/hutchinson-diagonal.js';
import {xdiag} from './diagonals/xdiag.js';
import {readRows} from './linalg/read-rows.js';
import {exactDiagonal} from './products/dense.js';
import {eachProbeBlock} from './products/probe-blocks.js';
import {Products} from './products/products.js';

/** How the diagonal is estimated. */
export type DiagonalMethod = 'hutchinson' | 'xdiag';

/** Options of `diagonalSquares`. */
export interface DiagonalSquaresArgs extends LongWorkArgs {
  /** Products to spend. Default: 16. */
  readonly probes?: number;
  /** Default: 0. */
  readonly seed?: number;
}

/** Options of `diagonal`. */
export interface DiagonalArgs extends DiagonalSquaresArgs {
  /** Default: 'hutchinson'. */
  readonly method?: DiagonalMethod;
}

const diagonalSquaresArgs = optionsOf<DiagonalSquaresArgs>('diagonalSquares()')({
  probes: optional(wholeNumber(2), 16),
  seed: optional(finiteNumber(), 0),
  ...longWorkEntries,
});

const diagonalArgs = optionsOf<DiagonalArgs>('diagonal()')({
  ...diagonalSquaresArgs.entries,
  probes: optional(wholeNumber(), 16),
  method: optional(oneOf(['hutchinson', 'xdiag']), 'hutchinson'),
});

/**
 * The diagonal of a symmetric operator, with a standard error for each entry.
 *
 * - `'hutchinson'`: the mean of v ∘ A v over Rademacher probes v; the variance of entry i is Σ_{j≠i} a_ij² / `probes` (Bekas,
 *   Kokiopoulou & Saad, 2007; with Rademacher probes their quotient's denominator is constant).
 * - `'xdiag'`: exact on the range of a sketch, and the same estimate on the rest, with every vector used for both; much better for
 *   spectra that decay (Epperly, Tropp & Webber, 2024).
 *
 * Errors are widened for few probes, so that `value ± 1.96 standardError` are 95 % intervals, each for its entry alone. They are NaN if
 * there is only one random sample (XDiag needs 4 products for two). If `probes` is at least `size`, all columns are computed instead and
 * the errors are 0.
 *
 * Costs `probes` products in blocks of up to 16 (XDiag spends an even number). Memory: 3 vectors, and 2 a block; about 9 `probes` for
 * XDiag. The caller owns both tensors.
 *
 * @throws InvalidArgumentError for bad options, and for an operator whose product has the wrong shape or is not finite.
 * @example
 * const {value, standardError} = await diagonal(operator, {probes: 32});
 */
export async function diagonal(op: MatvecOperator, args?: DiagonalArgs): Promise<DiagonalEstimate> {
  requireOperator(op);
  const {probes, method, seed, ...long} = diagonalArgs(args);
  const {size} = op;
  return longWork(long, Math.min(probes, size), async work => {
    const products = new Products(op, work);
    if (probes >= size) {
      const entries = await exactDiagonal(products);
      const value = tf.tensor1d(entries.map(x => x * products.scale));
      return {value, standardError: tf.zeros([size]), probes: size};
    }
    const estimator = method === 'xdiag' ? xdiag : hutchinsonDiagonal;
    return estimator(products, probes, seed);
  });
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
export async function diagonalSquares(op: MatvecOperator, args?: DiagonalSquaresArgs): Promise<Estimate> {
  requireOperator(op);
  const {probes, seed, ...long} = diagonalSquaresArgs(args);
  return longWork(long, Math.min(probes, op.size), work => sumOfSquares(op, probes, seed, work));
}

async function sumOfSquares(op: MatvecOperator, probes: number, seed: number, work: Work): Promise<Estimate> {
  const products = new Products(op, work);
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
