import type {Estimate} from '../metrics/records.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireInteger, requireOneOf, requireOperator, requirePositive, requireSeed} from './arguments.js';
import {eachColumn} from './dense.js';
import {hutchinson, type Stopping} from './hutchinson.js';
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
