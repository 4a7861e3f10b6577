import type {DensityRecord} from '../../metrics/records.js';
import {ROUNDING_FLOOR} from '../linalg/float32.js';
import {symmetricEigen} from '../linalg/symmetric-eigen.js';
import {asymmetryOf, denseColumns, symmetrized} from './dense.js';
import type {Products} from './products.js';
import {requireSymmetric} from './symmetry.js';

/** All eigenvalues of a small operator. */
export interface ExactSpectrum {
  /** Ascending, with multiplicity. */
  readonly values: number[];
  /** `vectors[j]` belongs to `values[j]`. */
  readonly vectors: number[][];
  /** ‖A y − θ y‖ plus the rounding of the products: a true eigenvalue lies within it. */
  readonly residuals: number[];
}

/** All eigenvalues, from the operator's columns: `size` products, and O(size³) work in float64. */
export async function exactSpectrum(products: Products): Promise<ExactSpectrum> {
  const columns = await denseColumns(products);
  requireSymmetric(asymmetryOf(columns));
  const {values, vectors} = symmetricEigen(symmetrized(columns));
  const {scale} = products;
  const norm = Math.max(Math.abs(values[0]!), Math.abs(values.at(-1)!));
  const residuals = values.map((theta, j) => {
    const y = vectors[j]!;
    const r = y.map(x => -theta * x);
    columns.forEach((column, c) => {
      for (let i = 0; i < r.length; i++) r[i]! += column[i]! * y[c]!;
    });
    return (Math.hypot(...r) + ROUNDING_FLOOR * norm) * scale;
  });
  return {values: values.map(value => value * scale), vectors, residuals};
}

/** The density whose rows all hold every eigenvalue with the same weight. */
export function exactDensity(values: readonly number[], rows: number): DensityRecord {
  return {
    nodes: Array.from({length: rows}, () => [...values]),
    weights: Array.from({length: rows}, () => values.map(() => 1 / values.length)),
  };
}
