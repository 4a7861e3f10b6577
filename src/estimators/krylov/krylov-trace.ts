import type {Estimate} from '../../metrics/records.js';
import {onComplement} from '../products/complement.js';
import type {Products} from '../products/products.js';
import {hutchinson} from '../traces/hutchinson.js';
import type {LanczosResult} from './lanczos.js';
import {gaussQuadrature, quadratureMean} from './quadrature.js';

/**
 * The trace and the squared Frobenius norm from a Lanczos run, whose space holds the outliers of the spectrum, and Hutchinson's estimate on its complement:
 *
 *   tr A = tr T_m + tr P A P,   ‖A‖_F² = ‖T_m‖_F² + 2 β_m² + ‖P A P‖_F²,   P = I − Q Qᵀ
 *
 * As Hutch++ does with a sketch (Meyer, Musco, Musco & Woodruff, 2021), but with a space that is there anyway. Probes are
 * added until the standard error is no more than that of `asSureAs` Hutchinson probes at most, √(2 / N) ‖A‖_F, where the run
 * knows ‖A‖_F; there are never more than N.
 */
export async function krylovTrace(
  products: Products,
  {runs, basis}: LanczosResult,
  {asSureAs, seed}: {readonly asSureAs: number; readonly seed: number},
): Promise<{trace: Estimate; squaredNorm: Estimate}> {
  const run = runs[0]!;
  const frobenius = Math.sqrt(products.size * quadratureMean([gaussQuadrature(run)], x => x * x));
  const captured = run.tridiagonal.diagonal.reduce((sum, alpha) => sum + alpha, 0);
  let restNorm: Estimate | undefined;
  const rest = await hutchinson(
    onComplement(products, rows => basis.without(0, rows)),
    products.size,
    {
      probes: Math.min(2, asSureAs),
      maxProbes: asSureAs,
      isEnough: ({standardError}) => standardError !== null && standardError <= Math.sqrt(2 / asSureAs) * frobenius,
    },
    seed,
    {
      onDone: forms => {
        restNorm = forms.squaredNorm();
      },
    },
  );
  const {tridiagonal, residual} = run;
  const sumOfSquares = (values: readonly number[]): number => values.reduce((sum, x) => sum + x * x, 0);
  const known = sumOfSquares(tridiagonal.diagonal) + 2 * (sumOfSquares(tridiagonal.offDiagonal) + residual ** 2);
  const probes = tridiagonal.diagonal.length + rest.probes;
  return {
    trace: {...rest, value: captured + rest.value, probes},
    squaredNorm: {...restNorm!, value: known + restNorm!.value, probes},
  };
}
