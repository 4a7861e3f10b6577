import {check} from '../arguments/check.js';
import {recordOf} from '../arguments/record.js';
import {estimateSchema} from './record-schemas.js';
import type {BlockSpectrum, Estimate} from './records.js';
import {fromInterval, ratioInterval} from './statistics/estimate-arithmetic.js';

/** The two norms of a spectrum that `effectiveRank` reads. */
export type Norms = Pick<BlockSpectrum, 'trace' | 'frobenius'>;

const normsSchema = recordOf<Norms>('a spectrum, with its trace and Frobenius norm')({
  trace: estimateSchema,
  frobenius: estimateSchema,
});

/**
 * The effective number of eigenvalues, (tr H)² / ‖H‖_F²: n for a multiple of the identity, 1 for a single eigenvalue.
 *
 * A lower bound of the rank of a positive semidefinite H; eigenvalues of opposite sign cancel in the trace. NaN for
 * the zero operator. The error treats those of trace and norm as independent (Fieller, 1954); it is `null` if one of
 * them is not known, or if the norm may be 0.
 *
 * Source: the participation ratio of the eigenvalues, as in Gao et al. (2017).
 *
 * @example
 * const {value, standardError} = effectiveRank(await spectrum(operator));
 */
export function effectiveRank(block: Norms): Estimate {
  const {trace, frobenius} = check('The spectrum', normsSchema, block);
  const probes = Math.min(trace.probes, frobenius.probes);
  const value = frobenius.value === 0 ? Number.NaN : (trace.value / frobenius.value) ** 2;
  const root = ratioInterval(trace, frobenius);
  if (root === null) return {value, standardError: null, probes};
  const squares = [root.lower ** 2, root.upper ** 2];
  const holdsZero = root.lower <= 0 && root.upper >= 0;
  return fromInterval(value, {lower: holdsZero ? 0 : Math.min(...squares), upper: Math.max(...squares)}, probes);
}
