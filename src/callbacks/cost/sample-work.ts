import {probesInLockStep} from '../../estimators/krylov/krylov-sample.js';
import {weightedRows} from '../../estimators/krylov/weighted-trace.js';

/** What is computed for each block. */
export interface SampleWork {
  readonly steps: number;
  readonly probes: number;
  readonly traceProbes: number;
  /** The number of eigenvectors that are compared between blocks. Default: 1. */
  readonly k?: number;
  /** Further products with the network, for the optimizer's edge of stability. Default: 0. */
  readonly edgeProducts?: number;
}

/** After ten steps, the largest eigenvalue of P^−½ H P^−½ is known to a few percent. */
const ENOUGH = 10;

/** The products that a sample spends at most on that eigenvalue: a quarter of the network's, but not fewer than `ENOUGH` if a Lanczos run has as many. */
export function edgeSteps({steps, probes}: Pick<SampleWork, 'steps' | 'probes'>): number {
  return Math.max(Math.min(steps, ENOUGH), Math.ceil((steps * probes) / 4));
}

/** The bytes of the Lanczos vectors of a block of `size` parameters, and of what trace probes are deflated with. */
export function basisBytes(size: number, work: SampleWork): number {
  const {steps, traceProbes, k = 1} = work;
  const one = 4 * size * (Math.min(steps, size) + 4 + Math.min(k, size));
  const bases = one * probesInLockStep(size, work);
  return traceProbes > 0 ? bases + one : bases;
}

/** The copies of weighted vectors that relative flatness makes. */
const COPIES = 8;

/** The bytes that relative flatness needs for a while, once the Lanczos vectors are there. */
export function weightingBytes(size: number, {traceProbes}: SampleWork): number {
  return traceProbes > 0 ? COPIES * 4 * size * (weightedRows(size) + 1) : 0;
}
