import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, oneOf, positiveNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {type LongWorkArgs, longWork, longWorkEntries} from '../long-work.js';
import type {Estimate} from '../metrics/records.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator} from '../operators/operator-argument.js';
import {exactDiagonal} from './products/dense.js';
import {Products} from './products/products.js';
import {requireSymmetric} from './products/symmetry.js';
import {warnOfZero} from './products/zero-curvature.js';
import {exactTrace} from './traces/exact-trace.js';
import {hutchPlusPlus} from './traces/hutch-plus-plus.js';
import {type HutchinsonHooks, hutchinson, type Stopping} from './traces/hutchinson.js';
import {xnystrace} from './traces/xnystrace.js';
import {xtrace} from './traces/xtrace.js';

/** How the trace is estimated. */
export type TraceMethod = 'hutchinson' | 'hutch++' | 'xtrace' | 'xnystrace';

/** Options of `trace`. */
export interface TraceArgs extends LongWorkArgs {
  /** Products to spend, all phases of the method together. Default: 16; with a `tolerance`, 8 to begin with. */
  readonly probes?: number;
  /** Default: 'hutchinson'. */
  readonly method?: TraceMethod;
  /**
   * Add probes until the standard error is at most this part of the value, or of ‖A‖_F if that is larger: the trace
   * of an operator with eigenvalues of both signs may be near zero. Default: stop after `probes`.
   */
  readonly tolerance?: number;
  /**
   * The most products with a `tolerance`, and never more than the operator's size. Default: 1000, or `probes` if
   * that is more.
   */
  readonly maxProbes?: number;
  /** Default: 0. */
  readonly seed?: number;
}

const traceArgs = optionsOf<TraceArgs>('trace()')({
  probes: optional(wholeNumber()),
  method: optional(oneOf(['hutchinson', 'hutch++', 'xtrace', 'xnystrace']), 'hutchinson'),
  tolerance: optional(positiveNumber()),
  maxProbes: optional(wholeNumber()),
  seed: optional(finiteNumber(), 0),
  ...longWorkEntries,
});

/**
 * The trace of a symmetric operator, with a standard error.
 *
 * - `'hutchinson'`: the mean of vᵀ A v over Rademacher probes; its error is √(2 / N) ‖A‖_F at most (Hutchinson, 1989).
 * - `'hutch++'`: exact on the range of a sketch, Hutchinson's estimate on the rest; much better for spectra that decay
 *   (Meyer, Musco, Musco & Woodruff, 2021).
 * - `'xtrace'`: as Hutch++, with every vector used for both (Epperly, Tropp & Webber, 2024).
 * - `'xnystrace'`: only for positive semidefinite operators such as `gaussNewton` and `fisher` make. As XTrace, with a Nyström
 *   approximation in place of the sketch: one product a vector, so twice as many vectors (Epperly, Tropp & Webber, 2024).
 *
 * Errors are widened for few probes, so that `value ± 1.96 standardError` is a 95 % interval. The standard error is
 * `null` if there is only one random sample (Hutch++ needs 6 products for two, XTrace 4, XNysTrace 2), and 0 if `probes` is at
 * least `size`: then the diagonal is computed instead, with `size` products. With a `tolerance`, the number of
 * products grows by half until it is met; if `'hutchinson'` would need as many as there are dimensions, the trace is
 * computed exactly with `size` products in all.
 *
 * Costs `probes` products, in blocks of up to 16, for each method (XTrace spends an even number); memory: 2 vectors a
 * block, 2 `probes` / 3 for Hutch++, 2 `probes` for XTrace, 3 `probes` for XNysTrace.
 *
 * @throws InvalidArgumentError for bad options, and for an operator whose product has the wrong shape or is not finite. With
 *   `'xnystrace'`, also for an operator with a negative Ritz value. An indefinite operator can have none; then the estimate is as
 *   unbiased as for a semidefinite one, but less accurate.
 * @example
 * const {value, standardError} = await trace(operator, {probes: 60, method: 'hutch++'});
 */
export async function trace(op: MatvecOperator, args?: TraceArgs): Promise<Estimate> {
  requireOperator(op);
  const {method, tolerance, seed, probes: wanted, maxProbes: most, ...long} = traceArgs(args);
  const probes = wanted ?? (tolerance === undefined ? 16 : 8);
  const maxProbes = most ?? Math.max(1000, probes);
  check('maxProbes', wholeNumber(probes), maxProbes);
  const isEnough = ({value, standardError}: Estimate, squaredNorm: number): boolean =>
    tolerance === undefined ||
    (standardError !== null && standardError <= tolerance * Math.max(Math.abs(value), Math.sqrt(squaredNorm)));
  const stopping = {probes, isEnough, maxProbes: Math.min(maxProbes, op.size)};
  const total = Math.min(op.size, tolerance === undefined ? probes : maxProbes);
  return longWork(long, total, async work => {
    const products = new Products(op, work);
    if (probes >= op.size) {
      const diagonal = await exactDiagonal(products);
      warnOfZero(products);
      return {value: diagonal.reduce((sum, x) => sum + x, 0) * products.scale, standardError: 0, probes: op.size};
    }
    const {value, standardError, probes: used} = await ESTIMATORS[method](products, stopping, seed);
    warnOfZero(products);
    const {scale} = products;
    return {value: value * scale, standardError: standardError === null ? null : standardError * scale, probes: used};
  });
}

const ESTIMATORS: Record<TraceMethod, (products: Products, stopping: Stopping, seed: number) => Promise<Estimate>> = {
  hutchinson: hutchinsonOrExact,
  'hutch++': hutchPlusPlus,
  xtrace,
  xnystrace,
};

/** Hutchinson's estimate, or the exact trace if the first probes show that it takes no more products. */
function hutchinsonOrExact(products: Products, stopping: Stopping, seed: number): Promise<Estimate> {
  const {size} = products;
  const onFirst: HutchinsonHooks['onFirst'] = async (v, product, estimate, squaredNorm) => {
    const {standardError} = estimate;
    if (stopping.maxProbes < size || standardError === null) return null;
    // The error falls with the root of the number of probes.
    const atSize = {...estimate, standardError: standardError * Math.sqrt(v.shape[0] / size)};
    if (stopping.isEnough(atSize, squaredNorm)) return null;
    return {value: await exactTrace(products, v, product, seed), standardError: 0, probes: size};
  };
  return hutchinson(rows => products.multiply(rows), size, stopping, seed, {onFirst, onAsymmetry: requireSymmetric});
}
