/** Orthonormal vectors as float64 arrays, to which rows are appended. */
export class OrthonormalRows {
  private rows: Float64Array[] = [];
  /** Padding for the last group of four rows. */
  private readonly zero: Float64Array;

  constructor(readonly size: number) {
    this.zero = new Float64Array(size);
  }

  get length(): number {
    return this.rows.length;
  }

  /** Appends a unit vector that is orthogonal to the others, without a copy. */
  append(vector: Float64Array): void {
    this.rows.push(vector);
  }

  /**
   * Orthogonalizes w to the basis, or to its vectors from `from` on, in place, and returns Qᵀ w. The rest is
   * orthogonal to float64 precision in units of ‖w‖.
   */
  removeOnce(w: Float64Array, from = 0): number[] {
    const {length, rows, zero} = this;
    const removed: number[] = [];
    for (let j = from; j < length; j += 4) {
      removed.push(...removeFour(w, rows[j]!, rows[j + 1] ?? zero, rows[j + 2] ?? zero, rows[j + 3] ?? zero));
    }
    removed.length = length - from;
    return removed;
  }

  /** The same, twice: the rest is orthogonal to float64 precision, however small it is. */
  remove(w: Float64Array): number[] {
    const removed = this.removeOnce(w);
    const again = this.removeOnce(w);
    return removed.map((x, j) => x + again[j]!);
  }

  /** Q c. */
  combine(coefficients: readonly number[]): Float64Array {
    const sum = new Float64Array(this.size);
    for (let j = 0; j < coefficients.length; j++)
      if (coefficients[j] !== 0) addMultiple(sum, coefficients[j]!, this.rows[j]!);
    return sum;
  }

  /** Replaces the basis by combinations of its vectors, one for each row, which must be orthonormal. */
  rotate(coefficients: readonly (readonly number[])[]): void {
    this.rows = coefficients.map(row => this.combine(row));
  }
}

/**
 * Four rows at a time (block modified Gram–Schmidt): w is read once for all four, and the four rows are still in the
 * cache when their sum is subtracted.
 */
function removeFour(
  w: Float64Array,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
): [number, number, number, number] {
  let s = 0;
  let t = 0;
  let u = 0;
  let v = 0;
  for (let i = 0; i < w.length; i++) {
    const x = w[i]!;
    s += a[i]! * x;
    t += b[i]! * x;
    u += c[i]! * x;
    v += d[i]! * x;
  }
  for (let i = 0; i < w.length; i++) w[i]! -= s * a[i]! + t * b[i]! + u * c[i]! + v * d[i]!;
  return [s, t, u, v];
}

function addMultiple(sum: Float64Array, factor: number, row: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += factor * row[i]!;
}
