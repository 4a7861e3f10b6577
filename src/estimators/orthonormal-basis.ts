// Orthonormal vectors on the engine, for several independent problems at once (`batch`), grown a row at a time.
//
// The rows lie in chunks: growing copies at most one chunk, and a projection takes one matrix product a chunk.

import * as tf from '@tensorflow/tfjs-core';

const CHUNK = 8;

/** `batch` orthonormal bases of the same length, with vectors of length `size`. Owns its tensors: call `dispose`. */
export class OrthonormalBasis {
  /** How many vectors each basis has. */
  length = 0;
  /** `[batch, c, size]` each. */
  private chunks: tf.Tensor3D[] = [];

  constructor(
    readonly batch: number,
    readonly size: number,
  ) {}

  /** Adds a vector to each basis, or `c` of them: `[batch, c, size]`. They are copied, and must be orthonormal. */
  append(vectors: tf.Tensor3D): void {
    const last = this.chunks.at(-1);
    if (last && last.shape[1] + vectors.shape[1] <= CHUNK) {
      this.chunks[this.chunks.length - 1] = tf.tidy(() => tf.keep(tf.concat<tf.Tensor3D>([last, vectors], 1)));
      last.dispose();
    } else {
      this.chunks.push(tf.tidy(() => tf.keep(tf.clone(vectors))));
    }
    this.length += vectors.shape[1];
  }

  /** Qᵀ w: `[batch, r, size]` to `[batch, r, length]`. Meant to run inside a `tidy`. */
  coefficients(w: tf.Tensor3D): tf.Tensor3D {
    const parts = this.chunks.map(chunk => tf.matMul<tf.Tensor3D>(w, chunk, false, true));
    return tf.concat<tf.Tensor3D>(parts, 2);
  }

  /** Q c, the sums of the basis' vectors: `[batch, r, length]` to `[batch, r, size]`. Meant to run inside a `tidy`. */
  combine(coefficients: tf.Tensor3D): tf.Tensor3D {
    let from = 0;
    let sum: tf.Tensor3D | null = null;
    for (const chunk of this.chunks) {
      const part = tf.slice(coefficients, [0, 0, from], [-1, -1, chunk.shape[1]]);
      const term: tf.Tensor3D = tf.matMul(part, chunk);
      sum = sum ? tf.add<tf.Tensor3D>(sum, term) : term;
      from += chunk.shape[1];
    }
    if (!sum) throw new Error('An empty basis has no combinations.');
    return sum;
  }

  /**
   * Takes the part in the basis out of w, twice ("twice is enough", Kahan and Parlett, 1980): what is left is
   * orthogonal to float32 precision, however small it is.
   *
   * `[batch, r, size]` to the rest of the same shape and the coefficients `[batch, r, length]` that were taken out.
   * Meant to run inside a `tidy`.
   */
  remove(w: tf.Tensor3D): {rest: tf.Tensor3D; removed: tf.Tensor3D} {
    const first = this.coefficients(w);
    const once = tf.sub(w, this.combine(first)) as tf.Tensor3D;
    const second = this.coefficients(once);
    const rest = tf.sub(once, this.combine(second)) as tf.Tensor3D;
    return {rest, removed: tf.add(first, second)};
  }

  /** Puts in place of the basis the `r` combinations of its vectors that the rows `[batch, r, length]` describe. */
  rotate(coefficients: tf.Tensor3D): void {
    const rotated = tf.tidy(() => tf.keep(this.combine(coefficients)));
    this.dispose();
    this.chunks = [rotated];
    this.length = rotated.shape[1];
  }

  /** All vectors in one tensor `[batch, length, size]`. */
  toTensor(): tf.Tensor3D {
    return tf.tidy(() =>
      this.chunks.length === 1 ? tf.clone(this.chunks[0]!) : tf.concat<tf.Tensor3D>(this.chunks, 1),
    );
  }

  dispose(): void {
    for (const chunk of this.chunks) chunk.dispose();
    this.chunks = [];
    this.length = 0;
  }
}
