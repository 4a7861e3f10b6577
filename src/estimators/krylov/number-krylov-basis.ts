// Krylov bases of short vectors, as float64 arrays: starting the engine's ops would take longer than the arithmetic
// in JavaScript. One upload and one read a step.

import * as tf from '@tensorflow/tfjs-core';
import {probeVector} from '../../random.js';
import {OrthonormalRows} from '../linalg/orthonormal-rows.js';
import type {Products} from '../products/products.js';
import {ENOUGH_LEFT, type Inspect, type KrylovBasis, type KrylovStep} from './krylov-basis.js';

/** Krylov bases in JavaScript. */
export class NumberKrylovBasis implements KrylovBasis {
  private readonly bases: OrthonormalRows[];
  /** The next vectors; between `step` and `follow`, before they are normalized. */
  private next: Float64Array[] = [];
  private beta: number[] = [];

  constructor(
    readonly count: number,
    readonly size: number,
  ) {
    this.bases = Array.from({length: count}, () => new OrthonormalRows(size));
  }

  get length(): number {
    return this.bases[0]!.length;
  }

  beginWith(vectors: readonly Float32Array[]): void {
    this.next = vectors.map(vector => Float64Array.from(vector));
  }

  beginAtRandom(seed: number): void {
    this.next = this.bases.map((_, i) => this.randomDirection(i, seed));
  }

  async step(products: Products, inspect?: Inspect): Promise<KrylovStep> {
    this.bases.forEach((basis, i) => {
      basis.append(this.next[i]!);
    });
    const images = await products.multiplyNumbers(this.next);
    if (inspect) await shown(inspect, this.next, images);
    this.next = images;
    const norm = images.map(length);
    const coefficients = images.map((image, i) => takenOut(this.bases[i]!, image));
    this.beta = images.map(length);
    return {coefficients, beta: this.beta, norm};
  }

  follow(ended: readonly boolean[], seed: number): void {
    this.next = this.next.map((rest, i) =>
      ended[i] ? this.randomDirection(i, seed) : scaled(rest, 1 / this.beta[i]!),
    );
  }

  following(): tf.Tensor2D {
    return rowsOf(this.next, this.size);
  }

  combine(coefficients: readonly (readonly (readonly number[])[])[]): tf.Tensor2D {
    return rowsOf(
      coefficients.flatMap((rows, i) => rows.map(row => this.bases[i]!.combine(row))),
      this.size,
    );
  }

  rotate(coefficients: readonly (readonly (readonly number[])[])[]): void {
    this.bases.forEach((basis, i) => {
      basis.rotate(coefficients[i]!);
    });
  }

  async without(index: number, rows: tf.Tensor2D): Promise<tf.Tensor2D> {
    const values = await rows.data();
    const left = Array.from({length: rows.shape[0]}, (_, i) =>
      Float64Array.from(values.subarray(i * this.size, (i + 1) * this.size)),
    );
    for (const row of left) this.bases[index]!.remove(row);
    return rowsOf(left, this.size);
  }

  dispose(): void {
    // Arrays need no owner.
  }

  private randomDirection(index: number, seed: number): Float64Array {
    const vector = Float64Array.from(probeVector(seed, index, this.size, 'gaussian'));
    this.bases[index]!.remove(vector);
    // If the basis spans nearly everything, little is left of a random vector, and it is orthogonalized a second time.
    const unit = scaled(vector, 1 / Math.max(length(vector), 1e-300));
    this.bases[index]!.remove(unit);
    return scaled(unit, 1 / Math.max(length(unit), 1e-300));
  }
}

/** Orthogonalizes w to the basis, in place, and returns Qᵀ w. */
function takenOut(basis: OrthonormalRows, w: Float64Array): number[] {
  // The terms of the recurrence first: what is left then has only rounding in the basis.
  const first = Math.max(0, basis.length - 2);
  const recurrence = basis.removeOnce(w, first);
  const local = length(w);
  const removed = basis.removeOnce(w);
  recurrence.forEach((x, j) => {
    removed[first + j]! += x;
  });
  if (length(w) >= ENOUGH_LEFT * local) return removed;
  const again = basis.removeOnce(w);
  return removed.map((x, j) => x + again[j]!);
}

async function shown(
  inspect: Inspect,
  vectors: readonly Float64Array[],
  images: readonly Float64Array[],
): Promise<void> {
  const size = vectors[0]!.length;
  const q = rowsOf(vectors, size);
  const product = rowsOf(images, size);
  try {
    await inspect(q, product);
  } finally {
    q.dispose();
    product.dispose();
  }
}

function rowsOf(vectors: readonly Float64Array[], size: number): tf.Tensor2D {
  const values = new Float32Array(vectors.length * size);
  vectors.forEach((vector, i) => {
    values.set(vector, i * size);
  });
  return tf.keep(tf.tensor2d(values, [vectors.length, size]));
}

function length(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!;
  return Math.sqrt(sum);
}

function scaled(vector: Float64Array, factor: number): Float64Array {
  const result = new Float64Array(vector.length);
  for (let i = 0; i < vector.length; i++) result[i] = vector[i]! * factor;
  return result;
}
