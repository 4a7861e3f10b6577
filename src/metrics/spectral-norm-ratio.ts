import {ratio} from './estimate-arithmetic.js';
import type {BlockSpectrum, Estimate} from './records.js';

/**
 * The largest eigenvalue's part of the trace, λ₁ / tr H: 1 where it is the only one, small where many share the
 * curvature.
 *
 * The reciprocal of a positive semidefinite operator's intrinsic dimension (Tropp, 2015, definition 7.1.1). NaN for a
 * trace of 0.
 *
 * ```ts
 * const {value} = spectralNormRatio(await spectrum(operator));
 * ```
 */
export function spectralNormRatio({largest, trace}: Pick<BlockSpectrum, 'largest' | 'trace'>): Estimate {
  const [top] = largest;
  if (!top) return {value: Number.NaN, standardError: null, probes: trace.probes};
  return ratio({value: top.value, standardError: top.residual, probes: trace.probes}, trace);
}
