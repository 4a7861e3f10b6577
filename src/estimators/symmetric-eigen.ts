import {EigenvalueDecomposition, Matrix} from 'ml-matrix';

/** Eigenvalues in ascending order, and the orthonormal eigenvectors: `vectors[j]` belongs to `values[j]`. */
export interface SymmetricEigen {
  readonly values: number[];
  readonly vectors: number[][];
}

/** The eigendecomposition of a small symmetric matrix, in float64. O(n³). */
export function symmetricEigen(rows: readonly (readonly number[])[]): SymmetricEigen {
  const decomposition = new EigenvalueDecomposition(new Matrix(rows.map(row => [...row])), {assumeSymmetric: true});
  const unsorted = decomposition.realEigenvalues;
  const columns = decomposition.eigenvectorMatrix;
  const order = unsorted.map((_, i) => i).sort((a, b) => unsorted[a]! - unsorted[b]!);
  return {values: order.map(i => unsorted[i]!), vectors: order.map(i => columns.getColumn(i))};
}

/**
 * A symmetric tridiagonal matrix: `diagonal` of length m, `offDiagonal` of length m − 1 or more (the rest is ignored).
 */
export interface Tridiagonal {
  readonly diagonal: readonly number[];
  readonly offDiagonal: readonly number[];
}

/** The eigendecomposition of a tridiagonal matrix, in float64. */
export function tridiagonalEigen({diagonal, offDiagonal}: Tridiagonal): SymmetricEigen {
  const m = diagonal.length;
  const rows = Array.from({length: m}, () => new Array<number>(m).fill(0));
  for (let i = 0; i < m; i++) {
    rows[i]![i] = diagonal[i]!;
    if (i + 1 < m) {
      rows[i]![i + 1] = offDiagonal[i]!;
      rows[i + 1]![i] = offDiagonal[i]!;
    }
  }
  return symmetricEigen(rows);
}
