import {check} from '../arguments/check.js';
import {recordOf} from '../arguments/record.js';
import {estimateSchema, ritzValues} from './record-schemas.js';
import type {BlockSpectrum, Estimate} from './records.js';
import {ratio} from './statistics/estimate-arithmetic.js';
import {NORMAL_95} from './statistics/student-t.js';

/** The parts of a spectrum that `spectralNormRatio` reads. */
export type TopAndTrace = Pick<BlockSpectrum, 'largest' | 'trace'>;

const topAndTrace = recordOf<TopAndTrace>('a spectrum, with its largest eigenvalues and its trace')({
  largest: ritzValues,
  trace: estimateSchema,
});

/**
 * The largest eigenvalue's part of the trace, λ₁ / tr H: 1 for a single eigenvalue, small if many share the
 * curvature.
 *
 * The reciprocal of a positive semidefinite operator's intrinsic dimension (Tropp, 2015, definition 7.1.1). NaN for a
 * trace of 0. The error is that of Fieller's (1954) interval, and `null` if the trace may be 0.
 *
 * @example
 * const {value} = spectralNormRatio(await spectrum(operator));
 */
export function spectralNormRatio(block: TopAndTrace): Estimate {
  const {largest, trace} = check('The spectrum', topAndTrace, block);
  const [top] = largest;
  if (!top) return {value: Number.NaN, standardError: null, probes: trace.probes};
  // The residual is a bound, not a standard error.
  return ratio({value: top.value, standardError: top.residual / NORMAL_95, probes: trace.probes}, trace);
}
