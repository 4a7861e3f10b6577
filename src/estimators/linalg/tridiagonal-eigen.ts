/** Eigenvalues in ascending order, and the orthonormal eigenvectors: `vectors[j]` belongs to `values[j]`. */
export interface SymmetricEigen {
  readonly values: number[];
  readonly vectors: number[][];
}

/**
 * A symmetric tridiagonal matrix: `diagonal` of length m, `offDiagonal` of length m − 1 or more (the rest is ignored).
 */
export interface Tridiagonal {
  readonly diagonal: readonly number[];
  readonly offDiagonal: readonly number[];
}

/**
 * The eigendecomposition of a tridiagonal matrix, in float64, by implicit QL steps: about 5 m³ operations, a tenth of the
 * time that a decomposition for any symmetric matrix takes.
 *
 * Source: Dubrulle, Martin & Wilkinson (1968), `imtql2`.
 */
export function tridiagonalEigen({diagonal, offDiagonal}: Tridiagonal): SymmetricEigen {
  const m = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = Float64Array.from({length: m}, (_, i) => (i < m - 1 ? offDiagonal[i]! : 0));
  const vectors = Array.from({length: m}, (_, i) => new Float64Array(m).fill(1, i, i + 1));
  for (let top = 0; top < m; top++) {
    for (let end = blockEnd(d, e, top); end > top; end = blockEnd(d, e, top)) qlStep(d, e, vectors, top, end);
  }
  const order = Array.from(d, (_, i) => i).sort((a, b) => d[a]! - d[b]!);
  return {values: order.map(i => d[i]!), vectors: order.map(i => Array.from(vectors[i]!))};
}

/** The last row of the block that begins at `top`: its coupling to the next is nothing beside their diagonals. */
function blockEnd(d: Float64Array, e: Float64Array, top: number): number {
  for (let i = top; i < d.length - 1; i++) {
    if (Math.abs(e[i]!) <= Number.EPSILON * (Math.abs(d[i]!) + Math.abs(d[i + 1]!))) return i;
  }
  return d.length - 1;
}

/** One step with Wilkinson's shift on the rows `top … end`: rotations chase the bulge from the end up. */
function qlStep(d: Float64Array, e: Float64Array, vectors: readonly Float64Array[], top: number, end: number): void {
  const half = (d[top + 1]! - d[top]!) / (2 * e[top]!);
  const root = Math.hypot(half, 1);
  let g = d[end]! - d[top]! + e[top]! / (half + (half < 0 ? -root : root));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = end - 1; i >= top; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      // The block has split here.
      d[i + 1]! -= p;
      e[end] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    const t = (d[i]! - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    rotate(vectors[i]!, vectors[i + 1]!, s, c);
  }
  d[top]! -= p;
  e[top] = g;
  e[end] = 0;
}

function rotate(v: Float64Array, w: Float64Array, s: number, c: number): void {
  for (let k = 0; k < v.length; k++) {
    const x = v[k]!;
    const y = w[k]!;
    w[k] = s * x + c * y;
    v[k] = c * x - s * y;
  }
}
