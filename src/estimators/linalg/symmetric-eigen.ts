import {EigenvalueDecomposition, Matrix} from 'ml-matrix';
import {type SymmetricEigen, tridiagonalEigen} from './tridiagonal-eigen.js';

/** The eigendecomposition of a small symmetric matrix, in float64. O(n³). */
export function symmetricEigen(rows: readonly (readonly number[])[]): SymmetricEigen {
  if (rows.every((row, i) => row.every((x, j) => x === 0 || Math.abs(i - j) <= 1))) {
    return tridiagonalEigen({
      diagonal: rows.map((row, i) => row[i]!),
      offDiagonal: rows.slice(1).map((row, i) => row[i]!),
    });
  }
  const decomposition = new EigenvalueDecomposition(new Matrix(rows.map(row => [...row])), {assumeSymmetric: true});
  const unsorted = decomposition.realEigenvalues;
  const columns = decomposition.eigenvectorMatrix;
  const order = unsorted.map((_, i) => i).sort((a, b) => unsorted[a]! - unsorted[b]!);
  return {values: order.map(i => unsorted[i]!), vectors: order.map(i => columns.getColumn(i))};
}
