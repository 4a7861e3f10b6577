// Orthonormal vectors on the engine, for several independent problems at once (`batch`), grown a row at a time.
//
// The rows lie in chunks: growing copies a short chunk, and a projection takes two matrix products a chunk. Chunks of the
// same length are joined until they are long, so that there are few.

import * as tf from '@tensorflow/tfjs-core';
import {matrixProduct} from '../autodiff/native-kernels.js';

/** Up to this many rows a chunk grows row by row. */
const SHORT = 8;

/** A chunk of more rows is joined with no other. */
const LONG = 32;

/** `batch` orthonormal bases of the same length, with vectors of length `size`. Owns its tensors: call `dispose`. */
export class OrthonormalBasis {
  /** How many vectors each basis has. */
  length = 0;
  /** `[batch, c, size]` each; `[c, size]` where there is one basis: engines have quicker products for matrices. */
  private chunks: tf.Tensor[] = [];

  constructor(
    readonly batch: number,
    readonly size: number,
  ) {}

  /** Adds a vector to each basis: `[batch, size]`, or `c` of them: `[batch, c, size]`. They are copied, and must be orthonormal. */
  append(vectors: tf.Tensor): void {
    const rows = tf.tidy(() => tf.keep(this.inner(vectors).clone()));
    const last = this.chunks.at(-1);
    this.chunks.push(rows);
    if (last && rowsOf(last) + rowsOf(rows) <= SHORT) this.joinLast();
    for (;;) {
      const [before, newest] = this.chunks.slice(-2);
      if (!newest || rowsOf(newest) < SHORT || rowsOf(newest) > LONG || rowsOf(before!) !== rowsOf(newest)) break;
      this.joinLast();
    }
    this.length += rowsOf(rows);
  }

  /** Qᵀ w: `[batch, r, size]` to `[batch, r, length]`, or the same without one of these axes. Meant to run inside a `tidy`. */
  coefficients<T extends tf.Tensor>(w: T): T {
    return like(w, tf.concat(this.parts(this.inner(w)), -1));
  }

  /** Q c, the sums of the basis' vectors: `[batch, r, length]` to `[batch, r, size]`. Meant to run inside a `tidy`. */
  combine<T extends tf.Tensor>(coefficients: T): T {
    const lengths = this.chunks.map(rowsOf);
    const inner = this.inner(coefficients);
    return like(coefficients, this.combineParts(lengths.length > 1 ? tf.split(inner, lengths, -1) : [inner]));
  }

  /**
   * Takes the part in the basis out of w: what is left is orthogonal to float32 precision in units of ‖w‖.
   *
   * `[batch, r, size]`, `[batch, size]`, or `[r, size]` of a single basis, to the rest of the same shape and the coefficients
   * `[…, length]` that were taken out. Meant to run inside a `tidy`.
   */
  removeOnce<T extends tf.Tensor>(w: T): {rest: T; removed: T} {
    const inner = this.inner(w);
    const parts = this.parts(inner);
    const rest = tf.sub(inner, this.combineParts(parts));
    return {rest: like(w, rest), removed: like(w, tf.concat(parts, -1))};
  }

  /**
   * The same, twice ("twice is enough", Kahan and Parlett, 1980): what is left is orthogonal to float32 precision, however
   * small it is.
   */
  remove<T extends tf.Tensor>(w: T): {rest: T; removed: T} {
    const first = this.removeOnce(w);
    const second = this.removeOnce(first.rest);
    return {rest: second.rest, removed: tf.add(first.removed, second.removed)};
  }

  /** Puts in place of the basis the `r` combinations of its vectors that the rows `[batch, r, length]` describe. */
  rotate(coefficients: tf.Tensor3D): void {
    const rotated = tf.tidy(() => tf.keep(this.inner(this.combine(coefficients))));
    this.dispose();
    this.chunks = [rotated];
    this.length = rowsOf(rotated);
  }

  /** One of the bases, as one of its own: the caller disposes of it. */
  one(index: number): OrthonormalBasis {
    const basis = new OrthonormalBasis(1, this.size);
    basis.chunks = this.chunks.map(chunk =>
      tf.tidy(() => tf.keep(this.batch === 1 ? tf.clone(chunk) : tf.gather(chunk, index))),
    );
    basis.length = this.length;
    return basis;
  }

  /** All vectors in one tensor `[batch, length, size]`. */
  toTensor(): tf.Tensor3D {
    return tf.tidy(() => {
      const all = this.chunks.length === 1 ? tf.clone(this.chunks[0]!) : tf.concat(this.chunks, -2);
      return (this.batch === 1 ? tf.expandDims(all) : all) as tf.Tensor3D;
    });
  }

  dispose(): void {
    for (const chunk of this.chunks) chunk.dispose();
    this.chunks = [];
    this.length = 0;
  }

  private joinLast(): void {
    const two = this.chunks.slice(-2);
    const joined = tf.tidy(() => tf.keep(tf.concat(two, -2)));
    for (const chunk of this.chunks.splice(-2, 2, joined)) chunk.dispose();
  }

  /** Chunkᵀ w for each chunk. */
  private parts(inner: tf.Tensor): tf.Tensor[] {
    return this.chunks.map(chunk => matrixProduct(inner, chunk, false, true));
  }

  /** Σ over the chunks of a part of the coefficients times the chunk. */
  private combineParts(parts: readonly tf.Tensor[]): tf.Tensor {
    const terms = this.chunks.map((chunk, i) => matrixProduct(parts[i]!, chunk));
    if (terms.length === 0) throw new Error('An empty basis has no combinations.');
    return terms.reduce((sum, term) => tf.add(sum, term));
  }

  /** Vectors or coefficients of each basis, in the chunks' shape. */
  private inner(x: tf.Tensor): tf.Tensor {
    const width = x.shape.at(-1)!;
    const rows = x.size / width / this.batch;
    return reshaped(x, this.batch === 1 ? [rows, width] : [this.batch, rows, width]);
  }
}

/** In the shape of x, but for its last axis. */
function like<T extends tf.Tensor>(x: T, inner: tf.Tensor): T {
  return reshaped(inner, [...x.shape.slice(0, -1), inner.shape.at(-1)!]) as T;
}

function reshaped(x: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.util.arraysEqual(x.shape, shape) ? x : tf.reshape(x, shape);
}

function rowsOf(chunk: tf.Tensor): number {
  return chunk.shape.at(-2)!;
}
