import {ratio, square} from './estimate-arithmetic.js';
import type {BlockSpectrum, Estimate} from './records.js';

/**
 * How many eigenvalues count, (tr H)² / ‖H‖_F²: n for a multiple of the identity, 1 for a single eigenvalue.
 *
 * A lower bound of the rank of a positive semidefinite H; eigenvalues of both signs cancel in it. NaN for the zero
 * operator. The error treats those of trace and norm as independent.
 *
 * Source: the participation ratio of the eigenvalues, as in Gao et al. (2017).
 *
 * ```ts
 * const {value, standardError} = effectiveRank(await spectrum(operator));
 * ```
 */
export function effectiveRank({trace, frobenius}: Pick<BlockSpectrum, 'trace' | 'frobenius'>): Estimate {
  return ratio(square(trace), square(frobenius));
}
