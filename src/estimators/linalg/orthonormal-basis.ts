// Orthonormal vectors as tensors, to which rows are appended.
//
// The rows lie in chunks. Appending copies only the newest chunk, which is short; a projection takes two matrix
// products a chunk. When the newest chunk is full, its rows are joined to the one before, until that is long: a few
// large products are faster than many small ones.

import * as tf from '@tensorflow/tfjs-core';
import {matrixProduct} from '../../kernels/native-kernels.js';

/** The newest chunk has at most this many rows. */
const SHORT = 8;

/** Chunks are joined up to this many rows. */
const LONG = 64;

/** An orthonormal basis with vectors of length `size`. Owns its tensors: call `dispose`. */
export class OrthonormalBasis {
  /** How many vectors there are. */
  length = 0;
  /** `[c, size]` each. */
  private chunks: tf.Tensor2D[] = [];

  constructor(readonly size: number) {}

  /** Adds vectors `[c, size]`, which are copied. They must be orthonormal. */
  append(vectors: tf.Tensor2D): void {
    if (this.chunks.at(-1)?.shape[0] === SHORT) this.moveNewest();
    this.chunks.push(tf.keep(tf.clone(vectors)));
    this.joinLast(SHORT);
    this.length += vectors.shape[0];
  }

  /** Qᵀ w: `[r, size]` to `[r, length]`. Meant to run inside a `tidy`. */
  coefficients(w: tf.Tensor2D): tf.Tensor2D {
    return tf.concat(this.parts(w), 1);
  }

  /** Q c, the sums of the basis' vectors: `[r, length]` to `[r, size]`. Meant to run inside a `tidy`. */
  combine(coefficients: tf.Tensor2D): tf.Tensor2D {
    const lengths = this.chunks.map(chunk => chunk.shape[0]);
    return this.combineParts(lengths.length > 1 ? tf.split(coefficients, lengths, 1) : [coefficients]);
  }

  /**
   * Orthogonalizes w, `[r, size]`, to the basis: the rest is orthogonal to float32 precision in units of ‖w‖.
   * `removed` are the coefficients, `[r, length]`. Meant to run inside a `tidy`.
   */
  removeOnce(w: tf.Tensor2D): {rest: tf.Tensor2D; removed: tf.Tensor2D} {
    const parts = this.parts(w);
    return {rest: tf.sub(w, this.combineParts(parts)), removed: parts.length > 1 ? tf.concat(parts, 1) : parts[0]!};
  }

  /** The same for the newest chunk alone, which holds the two newest vectors if they were appended one by one. */
  removeNewest(w: tf.Tensor2D): {rest: tf.Tensor2D; removed: tf.Tensor2D} {
    const chunk = this.chunks.at(-1)!;
    const removed = matrixProduct(w, chunk, false, true);
    return {rest: tf.sub(w, matrixProduct(removed, chunk)), removed};
  }

  /**
   * The same, twice ("twice is enough", Kahan and Parlett, 1980): the rest is orthogonal to float32 precision,
   * however small it is.
   */
  remove(w: tf.Tensor2D): {rest: tf.Tensor2D; removed: tf.Tensor2D} {
    const first = this.removeOnce(w);
    const second = this.removeOnce(first.rest);
    return {rest: second.rest, removed: tf.add(first.removed, second.removed)};
  }

  /** The rows `[r, size]`, orthogonalized to the basis, which may be empty; the caller owns them. */
  without(rows: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => (this.length === 0 ? tf.clone(rows) : this.remove(rows).rest));
  }

  /** Replaces the basis by combinations of its vectors, one for each row of coefficients `[r, length]`. */
  rotate(coefficients: tf.Tensor2D): void {
    const rotated = tf.tidy(() => tf.keep(this.combine(coefficients)));
    this.dispose();
    this.chunks = [rotated];
    this.length = rotated.shape[0];
  }

  /** All vectors in one tensor `[length, size]`; the caller owns it. */
  toTensor(): tf.Tensor2D {
    return tf.tidy(() => tf.concat(this.chunks, 0));
  }

  dispose(): void {
    for (const chunk of this.chunks) chunk.dispose();
    this.chunks = [];
    this.length = 0;
  }

  /** Moves all rows of the newest chunk but the last to the chunk before: a recurrence needs the two newest vectors in one chunk. */
  private moveNewest(): void {
    const newest = this.chunks.pop()!;
    const [rows, last] = tf.tidy(() => tf.split<tf.Tensor2D>(newest, [SHORT - 1, 1], 0).map(part => tf.keep(part)));
    newest.dispose();
    this.chunks.push(rows!);
    this.joinLast(LONG);
    this.chunks.push(last!);
  }

  /** Joins the last two chunks if they have at most `most` rows together. */
  private joinLast(most: number): void {
    const two = this.chunks.slice(-2);
    if (two.length < 2 || two[0]!.shape[0] + two[1]!.shape[0] > most) return;
    const joined = tf.tidy(() => tf.keep(tf.concat(two, 0)));
    for (const chunk of this.chunks.splice(-2, 2, joined)) chunk.dispose();
  }

  /** Chunkᵀ w for each chunk. */
  private parts(w: tf.Tensor2D): tf.Tensor2D[] {
    return this.chunks.map(chunk => matrixProduct(w, chunk, false, true));
  }

  /** Σ over the chunks of a part of the coefficients times the chunk. */
  private combineParts(parts: readonly tf.Tensor2D[]): tf.Tensor2D {
    const terms = this.chunks.map((chunk, i) => matrixProduct(parts[i]!, chunk));
    if (terms.length === 0) throw new Error('An empty basis has no combinations.');
    return terms.reduce((sum, term) => tf.add(sum, term));
  }
}
