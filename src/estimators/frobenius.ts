import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {finiteNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {type LongWorkArgs, longWork, longWorkEntries, type Work} from '../long-work.js';
import type {Estimate} from '../metrics/records.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator} from '../operators/operator-argument.js';
import {readRows} from './linalg/read-rows.js';
import {eachColumn} from './products/dense.js';
import {eachProbeBlock} from './products/probe-blocks.js';
import {Products} from './products/products.js';
import {rootEstimate, SquaredNorms} from './traces/squared-norms.js';

/** Options of `frobeniusNorm`. */
export interface FrobeniusNormArgs extends LongWorkArgs {
  /** Products to spend. Default: 16. */
  readonly probes?: number;
  /** Default: 0. */
  readonly seed?: number;
}

const frobeniusNormArgs = optionsOf<FrobeniusNormArgs>('frobeniusNorm()')({
  probes: optional(wholeNumber(), 16),
  seed: optional(finiteNumber(), 0),
  ...longWorkEntries,
});

/**
 * The Frobenius norm ‖A‖_F of a symmetric operator, the root of the sum of its squared eigenvalues, with a standard
 * error.
 *
 * ‖A‖_F² = tr A² = E ‖A v‖² for Rademacher probes v. The error is widened for few probes: `value ± 1.96
 * standardError` is a 95 % interval; `null` for one probe, 0 if `probes` is at least `size`: then all columns are
 * computed instead.
 *
 * Costs `probes` products in blocks of up to 16.
 *
 * Source: Hutchinson (1989) for A²; Avron & Toledo (2011) for the variance, 2 (tr A⁴ − ‖diag A²‖²) / N of the square.
 *
 * @throws InvalidArgumentError for bad options, and for an operator whose product has the wrong shape or is not finite.
 * @example
 * const {value, standardError} = await frobeniusNorm(operator, {probes: 32});
 */
export async function frobeniusNorm(op: MatvecOperator, args?: FrobeniusNormArgs): Promise<Estimate> {
  requireOperator(op);
  const {probes, seed, ...long} = frobeniusNormArgs(args);
  return longWork(long, Math.min(probes, op.size), work => normOf(op, probes, seed, work));
}

async function normOf(op: MatvecOperator, probes: number, seed: number, work: Work): Promise<Estimate> {
  const products = new Products(op, work);
  const {size} = op;
  if (probes >= size) {
    let square = 0;
    await eachColumn(products, column => {
      square += column.reduce((sum, x) => sum + x * x, 0);
    });
    return {value: Math.sqrt(square) * products.scale, standardError: 0, probes: size};
  }
  const norms = new SquaredNorms(size);
  await eachProbeBlock(
    {multiply: rows => products.multiply(rows), size, seed, from: 0, to: probes},
    async (_, product) => {
      const rows = await readRows(() =>
        tf.concat([tf.sum(tf.mul(product, product), 1, true), tf.matMul(product, product, false, true)], 1),
      );
      rows.forEach(([square, ...gram], i) => {
        norms.add(square!, gram.slice(0, i));
      });
    },
  );
  return rootEstimate(norms.estimate(), products.scale);
}
