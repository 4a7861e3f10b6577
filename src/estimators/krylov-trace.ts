import type {Estimate} from '../metrics/records.js';
import {onComplement} from './complement.js';
import {hutchinson} from './hutchinson.js';
import type {LanczosResult} from './lanczos.js';
import type {Products} from './products.js';
import {gaussQuadrature, quadratureMean} from './quadrature.js';

/**
 * The trace from a Lanczos run, whose space holds the outliers of the spectrum, and Hutchinson's estimate on its complement:
 *
 *   tr A = tr T_m + tr (I − Q Qᵀ) A (I − Q Qᵀ)
 *
 * As Hutch++ does with a sketch (Meyer, Musco, Musco & Woodruff, 2021), but with a space that is there anyway. Probes are
 * added until the standard error is no more than that of `asSureAs` Hutchinson probes at most, √(2 / N) ‖A‖_F, where the run
 * knows ‖A‖_F; there are never more than N.
 */
export async function krylovTrace(
  products: Products,
  {runs, basis}: LanczosResult,
  {asSureAs, seed}: {readonly asSureAs: number; readonly seed: number},
): Promise<Estimate> {
  const run = runs[0]!;
  const frobenius = Math.sqrt(products.size * quadratureMean([gaussQuadrature(run)], x => x * x));
  const captured = run.tridiagonal.diagonal.reduce((sum, alpha) => sum + alpha, 0);
  const rest = await hutchinson(
    onComplement(products, rows => basis.without(0, rows)),
    products.size,
    {
      probes: Math.min(2, asSureAs),
      maxProbes: asSureAs,
      isEnough: ({standardError}) => standardError !== null && standardError <= Math.sqrt(2 / asSureAs) * frobenius,
    },
    seed,
  );
  return {...rest, value: captured + rest.value, probes: run.tridiagonal.diagonal.length + rest.probes};
}
