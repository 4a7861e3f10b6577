// Lanczos' recurrence (1950) with full reorthogonalization, for several start vectors in lock step:
//
//   A Q_m = Q_m T_m + β_m q_{m+1} e_mᵀ,   Q_mᵀ Q_m = I,   T_m tridiagonal with α_1 … α_m and β_1 … β_{m−1}
//
// In float32 the recurrence alone loses orthogonality as soon as a Ritz value converges, and then finds copies of it
// ("ghosts"). Orthogonalizing every new vector to all former ones keeps Qᵀ Q = I to float32 precision: T's
// eigenvalues are then Ritz values to within a few units of ‖A‖ · 2⁻²⁴.

import {deriveSeed} from '../../random.js';
import {BREAKDOWN} from '../linalg/float32.js';
import {type SymmetricEigen, type Tridiagonal, tridiagonalEigen} from '../linalg/tridiagonal-eigen.js';
import type {Products} from '../products/products.js';
import type {Inspect, KrylovBasis} from './krylov-basis.js';
import {newKrylovBasis} from './new-krylov-basis.js';

/** The result of Lanczos' method from one start vector, for A / scale. */
export interface LanczosRun {
  /** T_m. If the Krylov space ended early, its β there is 0, and the run went on with a random direction orthogonal to the space. */
  readonly tridiagonal: Tridiagonal;
  /** T_m's eigenpairs. */
  readonly ritz: SymmetricEigen;
  /** β_m, the norm of the part of A Q_m outside of the space. */
  readonly residual: number;
  /** The largest ‖A q‖ seen, a lower bound of ‖A‖. */
  readonly norm: number;
  /** ‖Qᵀ A Q − T‖_F, measured on the products: rounding, or an operator that is not symmetric. */
  readonly asymmetry: number;
}

/** The runs and their bases: `basis` holds Q_m, and q_{m+1} is its next vector. */
export interface LanczosResult {
  readonly runs: LanczosRun[];
  readonly basis: KrylovBasis;
}

/**
 * m steps from each of the p unit vectors `start` of length n, m ≤ n: m × p products, in m blocks of p.
 *
 * The caller owns `basis`. Memory: (m + 5) p n numbers.
 */
export async function lanczos(
  products: Products,
  start: readonly Float32Array[],
  steps: number,
  seed: number,
  inspectFirst?: Inspect,
): Promise<LanczosResult> {
  const count = start.length;
  const basis = newKrylovBasis(count, products.size);
  const alphas: number[][] = start.map(() => []);
  const betas: number[][] = start.map(() => []);
  const norms = new Array<number>(count).fill(0);
  const squaredAsymmetries = new Array<number>(count).fill(0);
  try {
    basis.beginWith(start);
    for (let step = 0; step < steps; step++) {
      const {coefficients, beta, norm} = await basis.step(products, step === 0 ? inspectFirst : undefined);
      for (let i = 0; i < count; i++) norms[i] = Math.max(norms[i]!, norm[i]!);
      // One ‖A‖ for all: the largest product of any run.
      const ended = beta.map(value => value <= BREAKDOWN * Math.max(...norms));
      for (let i = 0; i < count; i++) {
        alphas[i]!.push(coefficients[i]![step]!);
        for (let row = 0; row < step; row++) {
          const known = row === step - 1 ? betas[i]![row]! : 0;
          squaredAsymmetries[i]! += (coefficients[i]![row]! - known) ** 2;
        }
        betas[i]!.push(ended[i] ? 0 : beta[i]!);
      }
      await basis.follow(ended, deriveSeed(seed, 'restart', step));
    }
  } catch (error) {
    basis.dispose();
    throw error;
  }
  const runs = alphas.map((diagonal, i): LanczosRun => {
    const tridiagonal = {diagonal, offDiagonal: betas[i]!.slice(0, -1)};
    return {
      tridiagonal,
      ritz: tridiagonalEigen(tridiagonal),
      residual: betas[i]!.at(-1)!,
      norm: norms[i]!,
      asymmetry: Math.sqrt(squaredAsymmetries[i]!),
    };
  });
  return {runs, basis};
}
