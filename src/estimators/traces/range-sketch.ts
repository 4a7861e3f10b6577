import * as tf from '@tensorflow/tfjs-core';
import {inverse, Matrix} from 'ml-matrix';
import {extendToSpan} from '../linalg/extend-to-span.js';
import {OrthonormalBasis} from '../linalg/orthonormal-basis.js';
import {readRows} from '../linalg/read-rows.js';
import {probeRows} from '../products/probe-blocks.js';
import {blockRows, type Products} from '../products/products.js';

/** How the random vectors of a sketch are drawn. */
export interface SketchArgs {
  readonly seed: number;
  readonly distribution: 'rademacher' | 'gaussian';
}

/**
 * A growing sketch of A's range: Q = orth(A Ω) for m random vectors Ω, and A Q. Of A / scale, as `products` are.
 *
 * Two products for each vector. Owns tensors, 4 m vectors: call `dispose`.
 */
export class RangeSketch {
  readonly basis: OrthonormalBasis;
  /** Row i: A ω_i in the basis. */
  readonly R: number[][] = [];
  /** Qᵀ A Q. */
  readonly H: number[][] = [];
  /** Ω, `[m, n]`. */
  omega: tf.Tensor2D | null = null;
  /** A Q, `[r, n]`; `null` where A Ω is zero. */
  images: tf.Tensor2D | null = null;

  constructor(
    private readonly products: Products,
    private readonly args: SketchArgs,
  ) {
    this.basis = new OrthonormalBasis(products.size);
  }

  /** Adds vectors until `wanted` products were made, or one fewer; at least one vector. */
  async extendTo(wanted: number): Promise<void> {
    const {products, basis, args} = this;
    while (products.count + 1 < wanted || this.R.length === 0) {
      const count = blockRows(products.size, Math.max(1, Math.floor((wanted - products.count) / 2)));
      const omega = tf.keep(probeRows(args.seed, this.R.length, count, products.size, args.distribution));
      try {
        await this.withProduct(omega, async image => {
          this.R.push(...(await extendToSpan(basis, image)));
        });
        await this.extendProjection();
        this.omega = appendRows(this.omega, omega);
      } finally {
        omega.dispose();
      }
    }
  }

  /**
   * For each vector, the direction s (in the basis' coordinates) that the sketch loses without it: column i of R⁻ᵀ, made
   * a unit vector. `null` if the sketch has fewer dimensions than vectors, and loses none.
   */
  lostDirections(): Matrix | null {
    const {R, basis} = this;
    const r = basis.length;
    if (r < R.length) return null;
    // R's rows are the columns of the paper's R: row i of this inverse's transpose is column i of R⁻ᵀ.
    const dual = inverse(new Matrix(R.map(row => Array.from({length: r}, (_, i) => row[i] ?? 0)))).transpose();
    return new Matrix(
      R.map((_, i) => {
        const s = dual.getRow(i);
        const length = Math.hypot(...s);
        return s.map(x => x / length);
      }),
    );
  }

  dispose(): void {
    this.basis.dispose();
    this.omega?.dispose();
    this.images?.dispose();
    this.omega = null;
    this.images = null;
  }

  /** Multiplies the vectors that are new in the basis, and adds their rows and columns to H. */
  private async extendProjection(): Promise<void> {
    const {basis, H} = this;
    const known = H.length;
    const added = basis.length - known;
    if (added === 0) return;
    const q = tf.tidy(() => tf.keep(tf.slice(basis.toTensor(), [known, 0], [added, -1])));
    try {
      await this.withProduct(q, async image => {
        const rows = await readRows(() => basis.coefficients(image));
        H.forEach((row, i) => {
          row.push(...rows.map(newRow => newRow[i]!));
        });
        H.push(...rows);
        this.images = appendRows(this.images, image);
      });
    } finally {
      q.dispose();
    }
  }

  private async withProduct(rows: tf.Tensor2D, use: (image: tf.Tensor2D) => Promise<void>): Promise<void> {
    const image = tf.keep(await this.products.multiply(rows));
    try {
      await use(image);
    } finally {
      image.dispose();
    }
  }
}

/** `rows` after `old`, which is disposed of; `old` may be missing. */
export function appendRows(old: tf.Tensor2D | null, rows: tf.Tensor2D): tf.Tensor2D {
  const all = tf.tidy(() => tf.keep(old ? tf.concat<tf.Tensor2D>([old, rows], 0) : tf.clone(rows)));
  old?.dispose();
  return all;
}
