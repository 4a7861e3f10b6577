/** A vector in JavaScript. */
export type Row = Float32Array | Float64Array;

/** Orthonormal vectors in JavaScript's memory, to which rows are appended. */
export interface RowBasis {
  readonly size: number;
  /** How many vectors there are. */
  readonly length: number;
  /** A new vector of the basis' precision: zero, or with the given numbers. */
  vector(numbers?: ArrayLike<number>): Row;
  /** Appends a unit vector that is orthogonal to the others, and must not change any more. */
  append(vector: Row): void;
  /**
   * Orthogonalizes w to the basis, or to its vectors from `from` on, in place, and returns Qᵀ w. The rest is
   * orthogonal to the basis' precision in units of ‖w‖.
   */
  removeOnce(w: Row, from?: number): number[];
  /** Multiplies w by a number, in place. */
  scale(w: Row, factor: number): void;
  /** ‖w‖². */
  squaredNorm(w: Row): number;
  /** Q c. */
  combine(coefficients: readonly number[]): Row;
  /** Replaces the basis by combinations of its vectors, one for each row, which must be orthonormal. */
  rotate(coefficients: readonly (readonly number[])[]): void;
  dispose(): void;
}

/** Orthogonalizes w to a basis twice: the rest is orthogonal to the basis' precision, however small it is. */
export function remove(basis: RowBasis, w: Row): void {
  basis.removeOnce(w);
  basis.removeOnce(w);
}
