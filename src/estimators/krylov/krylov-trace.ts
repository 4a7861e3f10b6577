import type {Estimate} from '../../metrics/records.js';
import {onComplement} from '../products/complement.js';
import type {Products} from '../products/products.js';
import {hutchinson} from '../traces/hutchinson.js';
import type {LanczosResult} from './lanczos.js';
import {gaussQuadrature, quadratureMean} from './quadrature.js';
import type {WeightedTrace} from './weighted-trace.js';

/** A standard error up to this share of the trace needs no more probes. */
const RELATIVE_ERROR = 0.15;

/**
 * The trace and the squared Frobenius norm from a Lanczos run, whose space holds the outliers of the spectrum, and Hutchinson's estimate on its complement:
 *
 *   tr A = tr T_m + tr P A P,   ‖A‖_F² = ‖T_m‖_F² + 2 β_m² + ‖P A P‖_F²,   P = I − Q Qᵀ
 *
 * As Hutch++ does with a sketch (Meyer, Musco, Musco & Woodruff, 2021), but with the Krylov space, which takes no
 * further product. Probes are added until the standard error is at most that of N = `asProbes` Hutchinson probes,
 * √(2 / N) ‖A‖_F, with the run's estimate of ‖A‖_F, and at most 15 % of the trace. There are never more than N. So a trace of eigenvalues
 * that cancel, which is small beside ‖A‖_F, gets all N. `weighted` is given the same vectors and products.
 */
export async function krylovTrace(
  products: Products,
  result: LanczosResult,
  {asProbes, seed}: {readonly asProbes: number; readonly seed: number},
  weighted?: WeightedTrace,
): Promise<{trace: Estimate; squaredNorm: Estimate}> {
  const {runs, basis} = result;
  const run = runs[0]!;
  await weighted?.addSpace(result);
  const frobenius = Math.sqrt(products.size * quadratureMean([gaussQuadrature(run)], x => x * x));
  const captured = run.tridiagonal.diagonal.reduce((sum, alpha) => sum + alpha, 0);
  const isEnough = ({value, standardError}: Estimate): boolean =>
    standardError !== null &&
    standardError <= Math.min(Math.sqrt(2 / asProbes) * frobenius, RELATIVE_ERROR * Math.abs(captured + value));
  let restNorm: Estimate | undefined;
  const rest = await hutchinson(
    onComplement(products, rows => basis.without(0, rows)),
    products.size,
    {
      probes: Math.min(2, asProbes),
      maxProbes: asProbes,
      isEnough,
    },
    seed,
    {
      onProbes: async (v, product) => weighted?.addProbes(v, product),
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
