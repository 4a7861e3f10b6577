// Krylov bases of long vectors, as tensors. Most of a step is matrix products with the bases. Norms that follow from
// other numbers are not computed again, and one read transfers all results of a step.

import * as tf from '@tensorflow/tfjs-core';
import {turnIfDue} from '../../event-loop.js';
import {probeVector} from '../../random.js';
import {OrthonormalBasis} from '../linalg/orthonormal-basis.js';
import {readRows} from '../linalg/read-rows.js';
import type {Products} from '../products/products.js';
import {ENOUGH_LEFT, type Inspect, type KrylovBasis, type KrylovStep} from './krylov-basis.js';

/** Krylov bases on the engine. */
export class EngineKrylovBasis implements KrylovBasis {
  /** One matrix product for each basis is faster than one batched product for all. */
  private readonly bases: OrthonormalBasis[];
  /** The next vectors, `[1, n]` each; between `step` and `follow`, before they are normalized. */
  private next: tf.Tensor2D[] = [];
  private beta: number[] = [];

  constructor(
    readonly count: number,
    readonly size: number,
  ) {
    this.bases = Array.from({length: count}, () => new OrthonormalBasis(size));
  }

  get length(): number {
    return this.bases[0]!.length;
  }

  beginWith(vectors: readonly Float32Array[]): void {
    this.replaceNext(() => vectors.map(vector => tf.tensor2d(vector, [1, this.size])));
  }

  beginAtRandom(seed: number): void {
    this.replaceNext(() => this.bases.map((_, i) => this.randomDirection(i, seed)));
  }

  async step(products: Products, inspect?: Inspect): Promise<KrylovStep> {
    this.bases.forEach((basis, i) => {
      basis.append(this.next[i]!);
    });
    const q = this.following();
    let product: tf.Tensor2D | null = null;
    let report: tf.Tensor2D;
    let recurrence = 0;
    try {
      product = tf.keep(await products.multiply(q));
      await inspect?.(q, product);
      await turnIfDue();
      const images = product;
      this.replaceNext(() => {
        const taken = unstacked(images).map((image, i) => {
          // The terms of the recurrence first: what is left then has only rounding in the basis.
          const {rest: local, removed: newest} = this.bases[i]!.removeNewest(image);
          const {rest, removed} = this.bases[i]!.removeOnce(local);
          recurrence = newest.shape[1];
          return {rest, row: tf.concat([newest, removed, square(local)], 1)};
        });
        report = tf.keep(stacked(taken.map(({row}) => row)));
        return taken.map(({rest}) => rest);
      });
    } finally {
      q.dispose();
      product?.dispose();
    }
    const steps = (await readRows(() => report)).map(row => {
      const newest = row.slice(0, recurrence);
      const coefficients = row.slice(recurrence, -1);
      const local = row.at(-1)!;
      // Q is orthonormal, so that ‖A q‖² and ‖rest‖² are sums and differences of squares. They do not cancel if enough is left.
      const norm = Math.sqrt(sumOfSquares(newest) + local);
      const left = local - sumOfSquares(coefficients);
      newest.forEach((x, j) => {
        coefficients[coefficients.length - recurrence + j]! += x;
      });
      return {coefficients, norm, left, enough: left >= ENOUGH_LEFT ** 2 * local};
    });
    const coefficients = steps.map(step => step.coefficients);
    const left = steps.every(({enough}) => enough)
      ? steps.map(step => step.left)
      : await this.removeAgain(coefficients);
    this.beta = left.map(Math.sqrt);
    return {coefficients, beta: this.beta, norm: steps.map(({norm}) => norm)};
  }

  async follow(ended: readonly boolean[], seed: number): Promise<void> {
    for (const [i, rest] of this.next.entries()) {
      if (ended[i]) await turnIfDue();
      this.next[i] = tf.tidy(() => tf.keep(ended[i] ? this.randomDirection(i, seed) : tf.mul(rest, 1 / this.beta[i]!)));
      rest.dispose();
    }
  }

  following(): tf.Tensor2D {
    return tf.keep(tf.tidy(() => (this.count === 1 ? tf.clone(this.next[0]!) : tf.concat(this.next, 0))));
  }

  combine(coefficients: readonly (readonly (readonly number[])[])[]): tf.Tensor2D {
    return tf.keep(tf.tidy(() => stacked(this.bases.map((basis, i) => basis.combine(matrix(coefficients[i]!))))));
  }

  rotate(coefficients: readonly (readonly (readonly number[])[])[]): void {
    tf.tidy(() => {
      this.bases.forEach((basis, i) => {
        basis.rotate(matrix(coefficients[i]!));
      });
    });
  }

  async without(index: number, rows: tf.Tensor2D): Promise<tf.Tensor2D> {
    await turnIfDue();
    return this.bases[index]!.without(rows);
  }

  dispose(): void {
    for (const basis of this.bases) basis.dispose();
    this.replaceNext(() => []);
  }

  /** Replaces the next vectors. */
  private replaceNext(make: () => tf.Tensor2D[]): void {
    const made = tf.tidy(() => make().map(tensor => tf.keep(tensor)));
    for (const tensor of this.next) tensor.dispose();
    this.next = made;
  }

  /** Orthogonalizes what is left a second time, adds what is removed to the coefficients, and returns ‖rest‖². One read. */
  private async removeAgain(coefficients: readonly number[][]): Promise<number[]> {
    let report: tf.Tensor2D;
    this.replaceNext(() => {
      const taken = this.next.map((row, i) => this.bases[i]!.removeOnce(row));
      const rows = taken.map(({rest, removed}) => tf.concat([removed, square(rest)], 1));
      report = tf.keep(stacked(rows));
      return taken.map(({rest}) => rest);
    });
    const rows = await readRows(() => report);
    coefficients.forEach((row, i) => {
      for (let j = 0; j < row.length; j++) row[j]! += rows[i]![j]!;
    });
    return rows.map(row => row.at(-1)!);
  }

  /** A random unit vector orthogonal to a basis, `[1, n]`. Meant to run inside a `tidy`. */
  private randomDirection(index: number, seed: number): tf.Tensor2D {
    const basis = this.bases[index]!;
    const unit = (x: tf.Tensor2D): tf.Tensor2D => tf.div(x, tf.maximum(tf.norm(x, 2, -1, true), 1e-30));
    const raw = unit(tf.tensor2d(probeVector(seed, index, this.size, 'gaussian'), [1, this.size]));
    // If the basis spans nearly everything, little is left of a random vector, and it is orthogonalized a second time.
    return unit(basis.without(unit(basis.without(raw))));
  }
}

function unstacked(rows: tf.Tensor2D): tf.Tensor2D[] {
  return rows.shape[0] === 1 ? [rows] : tf.split(rows, rows.shape[0], 0);
}

function stacked(rows: readonly tf.Tensor2D[]): tf.Tensor2D {
  return rows.length === 1 ? rows[0]! : tf.concat([...rows], 0);
}

function matrix(rows: readonly (readonly number[])[]): tf.Tensor2D {
  return tf.tensor2d(rows.map(row => [...row]));
}

function square(row: tf.Tensor2D): tf.Tensor2D {
  return tf.sum(tf.mul(row, row), 1, true);
}

function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x * x, 0);
}
