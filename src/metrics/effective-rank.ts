import {check} from '../arguments/check.js';
import {ratio, square} from './estimate-arithmetic.js';
import {estimateSchema, recordOf} from './record-schemas.js';
import type {BlockSpectrum, Estimate} from './records.js';

type Norms = Pick<BlockSpectrum, 'trace' | 'frobenius'>;

const normsSchema = recordOf<Norms>(
  {trace: estimateSchema, frobenius: estimateSchema},
  'a spectrum, with its trace and Frobenius norm',
);

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
export function effectiveRank(block: Norms): Estimate {
  const {trace, frobenius} = check('The spectrum', normsSchema, block);
  return ratio(square(trace), square(frobenius));
}
