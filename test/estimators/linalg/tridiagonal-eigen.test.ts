import {EigenvalueDecomposition, Matrix} from 'ml-matrix';
import {describe, expect, it} from 'vitest';
import {symmetricEigen} from '../../../src/estimators/linalg/symmetric-eigen.js';
import {type Tridiagonal, tridiagonalEigen} from '../../../src/estimators/linalg/tridiagonal-eigen.js';
import {probeVector} from '../../../src/random.js';

function dense({diagonal, offDiagonal}: Tridiagonal): number[][] {
  return diagonal.map((d, i) =>
    diagonal.map((_, j) => (i === j ? d : Math.abs(i - j) === 1 ? offDiagonal[Math.min(i, j)]! : 0)),
  );
}

const random = (m: number): Tridiagonal => ({
  diagonal: [...probeVector(1, 0, m, 'gaussian')],
  offDiagonal: [...probeVector(1, 1, m, 'gaussian')],
});

const CASES: Record<string, Tridiagonal> = {
  'a single entry': {diagonal: [-3], offDiagonal: []},
  'random entries': random(60),
  'blocks that have split': {...random(30), offDiagonal: random(30).offDiagonal.map((x, i) => (i % 4 === 1 ? 0 : x))},
  'equal eigenvalues in two blocks': {diagonal: [1, 2, 1, 2], offDiagonal: [0.5, 0, 0.5]},
  zeros: {diagonal: [0, 0, 0], offDiagonal: [0, 0]},
  'a range of 1e12': {
    diagonal: Array.from({length: 25}, (_, i) => 10 ** (-i / 2)),
    offDiagonal: Array.from({length: 24}, (_, i) => 0.3 * 10 ** (-i / 2)),
  },
  // Wilkinson's W21+: pairs of eigenvalues that agree in up to fourteen digits.
  'close pairs': {diagonal: Array.from({length: 21}, (_, i) => Math.abs(i - 10)), offDiagonal: new Array(20).fill(1)},
};

describe('tridiagonalEigen', () => {
  it.each(Object.entries(CASES))('gives orthonormal eigenvectors and ascending eigenvalues of %s', (_, T) => {
    const {values, vectors} = tridiagonalEigen(T);
    const rows = dense(T);
    const norm = Math.max(...rows.map(row => row.reduce((sum, x) => sum + Math.abs(x), 0)));
    const reference = new EigenvalueDecomposition(new Matrix(rows), {assumeSymmetric: true}).realEigenvalues;
    expect(values).toHaveLength(rows.length);
    reference
      .sort((a, b) => a - b)
      .forEach((value, i) => {
        expect(Math.abs(values[i]! - value)).toBeLessThanOrEqual(1e-14 * rows.length * norm);
      });
    const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    vectors.forEach((v, j) => {
      rows.forEach((row, i) => {
        expect(Math.abs(dot(row, v) - values[j]! * v[i]!)).toBeLessThanOrEqual(1e-14 * rows.length * norm);
      });
      vectors.forEach((w, k) => {
        expect(Math.abs(dot(v, w) - Number(j === k))).toBeLessThan(1e-15 * rows.length * 4);
      });
    });
  });

  it('is what symmetricEigen gives for a matrix with no more than three diagonals', () => {
    const T = random(12);
    expect(symmetricEigen(dense(T))).toEqual(tridiagonalEigen(T));
  });
});
