import type {Row, RowBasis} from './row-basis.js';

/** Orthonormal vectors as float64 arrays. */
export class OrthonormalRows implements RowBasis {
  private rows: Row[] = [];
  /** Padding for the last group of four rows. */
  private readonly zero: Row;

  constructor(readonly size: number) {
    this.zero = new Float64Array(size);
  }

  get length(): number {
    return this.rows.length;
  }

  vector(numbers?: ArrayLike<number>): Float64Array {
    return numbers === undefined ? new Float64Array(this.size) : new Float64Array(numbers);
  }

  append(vector: Row): void {
    this.rows.push(vector);
  }

  removeOnce(w: Row, from = 0): number[] {
    const {length, rows, zero} = this;
    const removed: number[] = [];
    for (let j = from; j < length; j += 4) {
      removed.push(...removeFour(w, rows[j]!, rows[j + 1] ?? zero, rows[j + 2] ?? zero, rows[j + 3] ?? zero));
    }
    removed.length = length - from;
    return removed;
  }

  scale(w: Row, factor: number): void {
    for (let i = 0; i < w.length; i++) w[i]! *= factor;
  }

  squaredNorm(w: Row): number {
    let sum = 0;
    for (let i = 0; i < w.length; i++) sum += w[i]! * w[i]!;
    return sum;
  }

  combine(coefficients: readonly number[]): Float64Array {
    const sum = new Float64Array(this.size);
    for (let j = 0; j < coefficients.length; j++)
      if (coefficients[j] !== 0) addMultiple(sum, coefficients[j]!, this.rows[j]!);
    return sum;
  }

  rotate(coefficients: readonly (readonly number[])[]): void {
    this.rows = coefficients.map(row => this.combine(row));
  }

  dispose(): void {
    // Arrays need no owner.
  }
}

/**
 * Four rows at a time (block modified Gram–Schmidt): w is read once for all four, and the four rows are still in the
 * cache when their sum is subtracted.
 */
function removeFour(w: Row, a: Row, b: Row, c: Row, d: Row): [number, number, number, number] {
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

function addMultiple(sum: Float64Array, factor: number, row: Row): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += factor * row[i]!;
}
