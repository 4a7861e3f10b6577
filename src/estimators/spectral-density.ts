import {optional} from 'valibot';
import {finiteNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {type LongWorkArgs, longWork, longWorkEntries} from '../long-work.js';
import {densityOf, type SpectralDensity} from '../metrics/density.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator} from '../operators/operator-argument.js';
import {krylovSample, productsOf} from './krylov/krylov-sample.js';
import {densityRecord} from './krylov/quadrature.js';
import {exactDensity, exactSpectrum} from './products/exact-spectrum.js';
import {Products} from './products/products.js';
import {warnOfZero} from './products/zero-curvature.js';

/** Options of `spectralDensity`. */
export interface SpectralDensityArgs extends LongWorkArgs {
  /** Lanczos steps, and quadrature nodes, a probe. Default: 30. */
  readonly steps?: number;
  /** Random start vectors. Default: 4. */
  readonly probes?: number;
  /** Default: 0. */
  readonly seed?: number;
}

const spectralDensityArgs = optionsOf<SpectralDensityArgs>('spectralDensity()')({
  steps: optional(wholeNumber(), 30),
  probes: optional(wholeNumber(), 4),
  seed: optional(finiteNumber(), 0),
  ...longWorkEntries,
});

/**
 * The density of a symmetric operator's eigenvalues by stochastic Lanczos quadrature, one row of nodes and weights a
 * probe.
 *
 * With a Rademacher probe q of unit length, Σ w_j f(θ_j) estimates tr f(A) / n: the Ritz values are nodes, the squares
 * of the first entries of T's eigenvectors weights. The curves have a band from the spread over the probes. The
 * spectrum of an operator of at most `steps` dimensions is computed exactly, and all rows are the same.
 *
 * Costs `steps × probes` products (`size`, if that is at most `steps`) in blocks of `probes`. Memory: (steps +
 * 5) n floats for each probe in lock step, below 512 MiB or one probe at a time.
 *
 * Source: Ubaru, Chen & Saad (2017), algorithm 1; Ghorbani, Krishnan & Xiao (2019) for Hessians.
 *
 * @throws InvalidArgumentError for bad options, and for an operator whose product has the wrong shape or is not finite.
 * @example
 * const density = await spectralDensity(operator, {steps: 40, probes: 4});
 * const {density: curve, lower, upper} = density.evaluate(grid);
 * const {value: median, lower: from, upper: to} = density.quantileInterval(0.5);
 */
export async function spectralDensity(op: MatvecOperator, args?: SpectralDensityArgs): Promise<SpectralDensity> {
  requireOperator(op);
  const {steps, probes, seed, ...long} = spectralDensityArgs(args);
  return longWork(long, productsOf(op.size, {steps, probes, traceProbes: 0}), async work => {
    const products = new Products(op, work);
    if (op.size <= steps) {
      const {values} = await exactSpectrum(products);
      warnOfZero(products);
      return densityOf(exactDensity(values, probes), {parameters: op.size});
    }
    const {rows} = await krylovSample(products, {steps, probes, seed, k: 0, traceProbes: 0});
    warnOfZero(products);
    return densityOf(densityRecord(rows, products.scale), {parameters: op.size});
  });
}
