import type {Estimate} from '../metrics/records.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireInteger, requireOneOf, requireOperator, requirePositive, requireSeed} from './arguments.js';
import {exactDiagonal} from './dense.js';
import {hutchinson} from './hutchinson.js';
import {Products} from './products.js';

/** How the trace is estimated. */
export type TraceMethod = 'hutchinson' | 'hutch++' | 'xtrace';

/** Options of `trace`. */
export interface TraceArgs {
  /** Products to spend, all phases of the method together. Default: 16. */
  readonly probes?: number;
  /** Default: 'hutchinson'. */
  readonly method?: TraceMethod;
  /** Go on until the standard error is at most this part of the value. Default: stop after `probes`. */
  readonly tolerance?: number;
  /** Where a `tolerance` stops at the latest. Default: 1000, or `probes` if that is more. */
  readonly maxProbes?: number;
  /** Default: 0. */
  readonly seed?: number;
}

const METHODS = ['hutchinson', 'hutch++', 'xtrace'] as const;

/**
 * The trace of a symmetric operator, with a standard error.
 *
 * Throws an `InvalidArgumentError` for bad options.
 *
 * ```ts
 * const {value, standardError} = await trace(operator, {probes: 64, method: 'hutch++'});
 * ```
 */
export async function trace(
  op: MatvecOperator,
  {probes = 16, method = 'hutchinson', tolerance, maxProbes = Math.max(1000, probes), seed = 0}: TraceArgs = {},
): Promise<Estimate> {
  requireOperator(op);
  requireInteger('probes', probes);
  requireOneOf('method', method, METHODS);
  if (tolerance !== undefined) requirePositive('tolerance', tolerance);
  requireInteger('maxProbes', maxProbes, probes);
  requireSeed(seed);
  const products = new Products(op);
  if (probes >= op.size) {
    const diagonal = await exactDiagonal(products);
    return {value: diagonal.reduce((sum, x) => sum + x, 0) * products.scale, standardError: 0, probes: op.size};
  }
  const stopping = {probes, tolerance: tolerance ?? null, maxProbes};
  const {
    value,
    standardError,
    probes: used,
  } = await hutchinson(rows => products.multiply(rows), op.size, stopping, seed);
  const {scale} = products;
  return {value: value * scale, standardError: standardError === null ? null : standardError * scale, probes: used};
}
