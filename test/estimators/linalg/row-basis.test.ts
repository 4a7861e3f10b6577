import {describe, expect, it} from 'vitest';
import {OrthonormalRows} from '../../../src/estimators/linalg/orthonormal-rows.js';
import type {RowBasis} from '../../../src/estimators/linalg/row-basis.js';
import {SimdRows} from '../../../src/estimators/linalg/simd-rows.js';
import {probeVector} from '../../../src/random.js';

const kinds = [
  {kind: 'in JavaScript', precision: 2 ** -52, make: (n: number): RowBasis => new OrthonormalRows(n)},
  {kind: 'with SIMD, float64', precision: 2 ** -52, make: (n: number): RowBasis => new SimdRows(n, 'float64')},
  {kind: 'with SIMD, float32', precision: 2 ** -23, make: (n: number): RowBasis => new SimdRows(n, 'float32')},
];

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
const noise = (n: number, i: number) => Array.from(probeVector(3, i, n, 'gaussian'));

describe.each(kinds)('orthonormal rows $kind', ({precision, make}) => {
  // Lengths around those of SIMD vectors and of the blocks of float32 sums.
  it.each([1, 2, 3, 5, 8, 511, 512, 513, 1030])('take themselves out of a vector of length %i', n => {
    const basis = make(n);
    const count = Math.min(n, 6);
    for (let i = 0; i < count; i++) {
      const w = basis.vector(noise(n, i));
      basis.removeOnce(w);
      basis.removeOnce(w);
      const length = Math.sqrt(dot(w, w));
      expect(basis.squaredNorm(w)).toBeCloseTo(dot(w, w), 3);
      // In a space that is spanned, only rounding is left.
      if (length < 1e-3) break;
      basis.scale(w, 1 / length);
      basis.append(w);
    }
    const unit = (i: number) => Array.from({length: basis.length}, (_, j) => Number(i === j));
    const rows = Array.from({length: basis.length}, (_, i) => basis.combine(unit(i)));
    rows.forEach((a, i) => {
      rows.forEach((b, j) => {
        expect(Math.abs(dot(a, b) - Number(i === j))).toBeLessThan(8 * precision + 2 ** -52 * n);
      });
    });
    // Qᵀ w, and what is left, from all rows and from the last two.
    for (const from of [0, Math.max(0, basis.length - 2)]) {
      const given = noise(n, 99);
      const w = basis.vector(given);
      const removed = basis.removeOnce(w, from);
      expect(removed).toHaveLength(basis.length - from);
      const scale = Math.sqrt(dot(given, given));
      removed.forEach((c, i) => {
        expect(Math.abs(c - dot(rows[from + i]!, given))).toBeLessThan(16 * precision * scale);
      });
      const expected = given.map((x, i) => x - removed.reduce((sum, c, j) => sum + c * rows[from + j]![i]!, 0));
      expected.forEach((x, i) => {
        expect(Math.abs(w[i]! - x)).toBeLessThan(16 * precision * scale);
      });
    }
    basis.dispose();
  });

  it('rotate into combinations', () => {
    const basis = make(7);
    for (let i = 0; i < 5; i++) basis.append(basis.vector(Array.from({length: 7}, (_, j) => Number(i === j))));
    basis.rotate([
      [0, 0.6, 0, 0, 0.8],
      [1, 0, 0, 0, 0],
    ]);
    expect(basis.length).toBe(2);
    const w = basis.vector([1, 2, 3, 4, 5, 6, 7]);
    expect(basis.removeOnce(w)[0]).toBeCloseTo(5.2, 5);
    expect(w[0]).toBeCloseTo(0, 5);
    expect(w[6]).toBe(7);
    basis.append(basis.vector([0, 0, 1, 0, 0, 0, 0]));
    expect(Array.from(basis.combine([0, 0, 2]))).toEqual([0, 0, 2, 0, 0, 0, 0]);
    basis.dispose();
  });
});

describe('the memory of SIMD rows', () => {
  it('is used again after disposal, never by two bases at once', () => {
    const [a, b] = [new SimdRows(5, 'float64'), new SimdRows(5, 'float64')];
    a.append(a.vector([1, 0, 0, 0, 0]));
    b.append(b.vector([0, 1, 0, 0, 0]));
    a.dispose();
    a.dispose();
    const [c, d] = [new SimdRows(3, 'float64'), new SimdRows(3, 'float64')];
    c.append(c.vector([0, 0, 1]));
    d.append(d.vector([1, 0, 0]));
    expect(Array.from(b.combine([1]))).toEqual([0, 1, 0, 0, 0]);
    expect(Array.from(c.combine([1]))).toEqual([0, 0, 1]);
    expect(Array.from(d.combine([1]))).toEqual([1, 0, 0]);
    for (const basis of [b, c, d]) basis.dispose();
  });
});
