// Krylov bases of vectors that are not long, in JavaScript's memory: starting the engine's ops would take longer than the
// arithmetic. One upload and one read a step.

import * as tf from '@tensorflow/tfjs-core';
import {turnIfDue} from '../../event-loop.js';
import {probeVector} from '../../random.js';
import {notFinite} from '../linalg/read-rows.js';
import {type Row, type RowBasis, remove} from '../linalg/row-basis.js';
import type {Products} from '../products/products.js';
import {ENOUGH_LEFT, type Inspect, type KrylovBasis, type KrylovStep} from './krylov-basis.js';

/** Krylov bases in JavaScript. It owns the rows. */
export class NumberKrylovBasis implements KrylovBasis {
  private readonly bases: readonly RowBasis[];
  /** The next vectors; between `step` and `follow`, before they are normalized. */
  private next: Row[] = [];
  private beta: number[] = [];

  /** @param make makes the rows of a basis. */
  constructor(
    readonly count: number,
    readonly size: number,
    make: () => RowBasis,
  ) {
    this.bases = Array.from({length: count}, make);
  }

  get length(): number {
    return this.bases[0]!.length;
  }

  beginWith(vectors: readonly Float32Array[]): void {
    this.next = vectors.map((vector, i) => this.bases[i]!.vector(vector));
  }

  beginAtRandom(seed: number): void {
    this.next = this.bases.map((_, i) => this.randomDirection(i, seed));
  }

  async step(products: Products, inspect?: Inspect): Promise<KrylovStep> {
    this.bases.forEach((basis, i) => {
      basis.append(this.next[i]!);
    });
    const images = this.bases.map(basis => basis.vector());
    const factor = await products.multiplyNumbers(this.next, images);
    if (factor !== 1) for (const [i, image] of images.entries()) this.bases[i]!.scale(image, factor);
    if (inspect) await shown(inspect, this.next, images);
    this.next = images;
    const norm = images.map((image, i) => length(this.bases[i]!, image));
    if (!norm.every(Number.isFinite)) throw notFinite();
    const coefficients: number[][] = [];
    this.beta = images.map((image, i) => {
      const {removed, left} = takenOut(this.bases[i]!, image);
      coefficients.push(removed);
      return left;
    });
    return {coefficients, beta: this.beta, norm};
  }

  async follow(ended: readonly boolean[], seed: number): Promise<void> {
    for (const [i, rest] of this.next.entries()) {
      if (ended[i]) {
        await turnIfDue();
        this.next[i] = this.randomDirection(i, seed);
      } else {
        this.bases[i]!.scale(rest, 1 / this.beta[i]!);
      }
    }
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
    const basis = this.bases[index]!;
    const left = Array.from({length: rows.shape[0]}, (_, i) =>
      basis.vector(values.subarray(i * this.size, (i + 1) * this.size)),
    );
    for (const row of left) remove(basis, row);
    return rowsOf(left, this.size);
  }

  dispose(): void {
    for (const basis of this.bases) basis.dispose();
  }

  private randomDirection(index: number, seed: number): Row {
    const basis = this.bases[index]!;
    const vector = basis.vector(probeVector(seed, index, this.size, 'gaussian'));
    const normalize = () => basis.scale(vector, 1 / Math.max(length(basis, vector), TINY));
    normalize();
    remove(basis, vector);
    // If the basis spans nearly everything, little is left of a random vector, and it is orthogonalized a second time.
    normalize();
    remove(basis, vector);
    normalize();
    return vector;
  }
}

/** Prevents a division by zero. */
const TINY = 1e-30;

/** Orthogonalizes w to the basis, in place. `removed` is Qᵀ w, `left` the length of the rest. */
function takenOut(basis: RowBasis, w: Row): {removed: number[]; left: number} {
  // The terms of the recurrence first: what is left then has only rounding in the basis.
  const first = Math.max(0, basis.length - 2);
  const recurrence = basis.removeOnce(w, first);
  const local = length(basis, w);
  const removed = basis.removeOnce(w);
  recurrence.forEach((x, j) => {
    removed[first + j]! += x;
  });
  const left = length(basis, w);
  if (left >= ENOUGH_LEFT * local) return {removed, left};
  const again = basis.removeOnce(w);
  return {removed: removed.map((x, j) => x + again[j]!), left: length(basis, w)};
}

async function shown(inspect: Inspect, vectors: readonly Row[], images: readonly Row[]): Promise<void> {
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

function rowsOf(vectors: readonly Row[], size: number): tf.Tensor2D {
  const values = new Float32Array(vectors.length * size);
  vectors.forEach((vector, i) => {
    values.set(vector, i * size);
  });
  return tf.keep(tf.tensor2d(values, [vectors.length, size]));
}

function length(basis: RowBasis, vector: Row): number {
  return Math.sqrt(basis.squaredNorm(vector));
}
