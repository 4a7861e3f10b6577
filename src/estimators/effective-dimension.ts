import {positiveNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import type {Estimate} from '../metrics/records.js';
import {notPositive} from './log-determinant.js';
import type {SpectrumSource, TraceOfFunctionArgs} from './trace-of-function.js';
import {sumOver, traceOfFunctionEntries} from './trace-of-function.js';

/** Options of `effectiveDimension`. */
export interface EffectiveDimensionArgs extends TraceOfFunctionArgs {
  /** λ > 0: the curvature of the prior or of weight decay. Eigenvalues far above it count as 1, far below as 0. */
  readonly damping: number;
}

const effectiveDimensionArgs = optionsOf<EffectiveDimensionArgs>('effectiveDimension()')({
  ...traceOfFunctionEntries,
  damping: positiveNumber(),
});

/**
 * The effective number of parameters that the data determine, tr A (A + λ I)⁻¹ = Σ λ_i / (λ_i + λ): from 0 to n for a positive semidefinite A.
 *
 * Steps, errors and costs are those of `traceOfFunction`. Negative eigenvalues above −λ, as a Hessian has them, count negatively; take the
 * Gauss–Newton matrix if that is not wanted.
 *
 * Source: MacKay (1992), γ in section 4.
 *
 * @throws InvalidArgumentError if A + λ I has a Ritz value that is not positive, which the message names, and as `traceOfFunction` does.
 * @example
 * const {value} = await effectiveDimension(G, {damping: 1e-3});
 */
export async function effectiveDimension(source: SpectrumSource, args: EffectiveDimensionArgs): Promise<Estimate> {
  const {damping, ...rest} = effectiveDimensionArgs(args);
  return sumOver(
    source,
    x => (x + damping > 0 ? x / (x + damping) : Number.NaN),
    rest,
    node => notPositive(node, damping, 'damping'),
  );
}
