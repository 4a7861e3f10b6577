// Lanczos' recurrence (1950) with full reorthogonalization, for several start vectors in lock step:
//
//   A Q_m = Q_m T_m + β_m q_{m+1} e_mᵀ,   Q_mᵀ Q_m = I,   T_m tridiagonal with α_1 … α_m and β_1 … β_{m−1}
//
// In float32 the recurrence alone loses orthogonality as soon as a Ritz value converges, and then shows copies of it
// that are not there. Taking every new vector's part in all the former ones out, twice, keeps Qᵀ Q = I to float32
// precision: T's eigenvalues are then Ritz values to within a few units of ‖A‖ · 2⁻²⁴.

import * as tf from '@tensorflow/tfjs-core';
import {deriveSeed, probeVector} from '../random.js';
import {OrthonormalBasis} from './orthonormal-basis.js';
import {readRows} from './probe-blocks.js';
import {FLOAT32_EPSILON, type Products} from './products.js';
import type {Tridiagonal} from './symmetric-eigen.js';

/** What is left of a vector, in units of ‖A‖, is rounding and not a direction once it is as short as this. */
export const BREAKDOWN = 16 * FLOAT32_EPSILON;

/** Rounding of the products and of the recurrence moves a Ritz pair's residual by no more than this times ‖A‖. */
export const ROUNDING_FLOOR = 4 * FLOAT32_EPSILON;

/** One step of the recurrence for each of p bases, whose last vectors q have been multiplied with A. */
export interface KrylovStep {
  /** Qᵀ A q, one row a basis: the last entry is α. */
  readonly coefficients: number[][];
  /** β = ‖A q − Q Qᵀ A q‖. */
  readonly beta: number[];
  /** ‖A q‖, a lower bound of ‖A‖. */
  readonly norm: number[];
  /** A q − Q Qᵀ A q, `[p, n]`; the caller owns it. */
  readonly rest: tf.Tensor2D;
}

/** What one step may know and show. */
export interface KrylovStepArgs {
  /** The basis' vectors before the last ones, and the β that led from them to the last: three terms of the recurrence. */
  readonly previous?: {readonly q: tf.Tensor2D; readonly beta: readonly number[]};
  /** Sees the vectors and their products, `[p, n]` each, before they are given back. */
  readonly inspect?: (q: tf.Tensor2D, product: tf.Tensor2D) => Promise<void>;
}

/** A vector that keeps this much of its length when the basis is taken out has kept its precision (Kahan and Parlett). */
const ENOUGH_LEFT = 0.5;

/**
 * Multiplies each basis' last vector and takes the basis out of the product: once where little is in it beside the terms of
 * the recurrence, twice elsewhere.
 */
export async function krylovStep(
  products: Products,
  basis: OrthonormalBasis,
  q: tf.Tensor2D,
  {previous, inspect}: KrylovStepArgs = {},
): Promise<KrylovStep> {
  const [count] = q.shape;
  const square = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(x, x), 1, true);
  const product = tf.keep(await products.multiply(q));
  let report: tf.Tensor2D;
  let rest: tf.Tensor2D;
  try {
    await inspect?.(q, product);
    [report, rest] = tf.tidy(() => {
      // α by elements and a sum, which backends add up in a tree; matrix products may add a million terms one by one.
      const alpha = tf.sum(tf.mul(q, product), 1, true);
      const without = tf.sub(product, tf.mul(alpha, q)) as tf.Tensor2D;
      const local =
        previous === undefined
          ? without
          : (tf.sub(without, tf.mul(previous.q, tf.tensor2d([...previous.beta], [count, 1]))) as tf.Tensor2D);
      const {rest: left, removed} = basis.removeOnce(local);
      const columns = [removed, alpha, square(local), square(left), square(product)];
      return [tf.keep(tf.concat(columns, 1) as tf.Tensor2D), tf.keep(left)];
    });
  } finally {
    product.dispose();
  }
  try {
    const rows = await readRows(() => report);
    const coefficients = rows.map((row, i) => {
      const projection = row.slice(0, -4);
      projection[projection.length - 1]! += row.at(-4)!;
      if (previous !== undefined) projection[projection.length - 2]! += previous.beta[i]!;
      return projection;
    });
    let left = rows.map(row => row.at(-2)!);
    if (rows.some((row, i) => left[i]! < ENOUGH_LEFT ** 2 * row.at(-3)!)) {
      const once = rest;
      const [again, twice] = tf.tidy(() => {
        const {rest: less, removed} = basis.removeOnce(once);
        return [tf.keep(tf.concat([removed, square(less)], 1) as tf.Tensor2D), tf.keep(less)] as const;
      });
      once.dispose();
      rest = twice;
      const more = await readRows(() => again);
      more.forEach((row, i) => {
        for (let j = 0; j < coefficients[i]!.length; j++) coefficients[i]![j]! += row[j]!;
      });
      left = more.map(row => row.at(-1)!);
    }
    return {coefficients, beta: left.map(Math.sqrt), norm: rows.map(row => Math.sqrt(row.at(-1)!)), rest};
  } catch (error) {
    rest.dispose();
    throw error;
  }
}

/** A random unit vector orthogonal to every vector of each basis, `[p, n]`; the caller owns it. */
export function randomDirection(basis: OrthonormalBasis, seed: number): tf.Tensor2D {
  return tf.tidy(() => {
    const rows = Array.from({length: basis.batch}, (_, i) => tf.tensor1d(probeVector(seed, i, basis.size, 'gaussian')));
    const raw = tf.expandDims(tf.stack(rows), 1) as tf.Tensor3D;
    const unit = (x: tf.Tensor): tf.Tensor3D => tf.div(x, tf.maximum(tf.norm(x, 2, -1, true), 1e-30));
    if (basis.length === 0) return tf.squeeze(unit(raw), [1]);
    // Where the basis spans nearly everything, little is left of a random vector: take the basis out of that again.
    return tf.squeeze(unit(basis.remove(unit(basis.remove(unit(raw)).rest)).rest), [1]);
  });
}

/** What one start vector's Krylov space says of A / scale. */
export interface LanczosRun {
  /** T_m. Where the Krylov space ended early, its β is 0 and a random direction orthogonal to the space goes on. */
  readonly tridiagonal: Tridiagonal;
  /** β_m, by which A Q_m leaves the space. */
  readonly residual: number;
  /** The largest ‖A q‖ seen, a lower bound of ‖A‖. */
  readonly norm: number;
  /** ‖Qᵀ A Q − T‖_F as measured on the products: rounding, or an operator that is not quite symmetric. */
  readonly asymmetry: number;
}

/** The runs, and what they were computed in: `basis` holds Q_m, `next` the vectors q_{m+1} `[p, n]`. */
export interface LanczosResult {
  readonly runs: LanczosRun[];
  readonly basis: OrthonormalBasis;
  readonly next: tf.Tensor2D;
}

/**
 * m steps from each of the p orthonormal rows `[p, n]` of `start`, m ≤ n: m × p products, in m blocks of p.
 *
 * The caller owns `basis` and `next`. Memory: (m + 5) p n floats.
 */
export async function lanczos(
  products: Products,
  start: tf.Tensor2D,
  steps: number,
  seed: number,
  inspectFirst?: (q: tf.Tensor2D, product: tf.Tensor2D) => Promise<void>,
): Promise<LanczosResult> {
  const [count, size] = start.shape;
  const basis = new OrthonormalBasis(count, size);
  const alphas: number[][] = Array.from({length: count}, () => []);
  const betas: number[][] = Array.from({length: count}, () => []);
  const norms = new Array<number>(count).fill(0);
  const asymmetries = new Array<number>(count).fill(0);
  let q = tf.keep(tf.clone(start));
  let before: tf.Tensor2D | null = null;
  try {
    for (let step = 0; step < steps; step++) {
      basis.append(q);
      const {coefficients, beta, norm, rest} = await krylovStep(products, basis, q, {
        ...(before && {previous: {q: before, beta: betas.map(list => list.at(-1)!)}}),
        ...(step === 0 && inspectFirst && {inspect: inspectFirst}),
      });
      before?.dispose();
      before = q;
      q = rest;
      for (let i = 0; i < count; i++) norms[i] = Math.max(norms[i]!, norm[i]!);
      // One ‖A‖ for all: the largest product that any of the runs has seen.
      const ended = beta.map(value => value <= BREAKDOWN * Math.max(...norms));
      for (let i = 0; i < count; i++) {
        alphas[i]!.push(coefficients[i]![step]!);
        const above = coefficients[i]!.slice(0, step).map((h, row) => h - (row === step - 1 ? betas[i]![row]! : 0));
        asymmetries[i] = Math.hypot(asymmetries[i]!, ...above);
        betas[i]!.push(ended[i] ? 0 : beta[i]!);
      }
      q = tf.keep(nextDirections(basis, rest, beta, ended, deriveSeed(seed, 'restart', step)));
      rest.dispose();
    }
  } catch (error) {
    q.dispose();
    basis.dispose();
    throw error;
  } finally {
    before?.dispose();
  }
  const runs = alphas.map((diagonal, i) => ({
    tridiagonal: {diagonal, offDiagonal: betas[i]!.slice(0, -1)},
    residual: betas[i]!.at(-1)!,
    norm: norms[i]!,
    asymmetry: asymmetries[i]!,
  }));
  return {runs, basis, next: q};
}

/** rest / β, or a random direction where the Krylov space has ended. */
function nextDirections(
  basis: OrthonormalBasis,
  rest: tf.Tensor2D,
  beta: readonly number[],
  ended: readonly boolean[],
  seed: number,
): tf.Tensor2D {
  return tf.tidy(() => {
    const scales = tf.tensor2d(
      beta.map((value, i) => (ended[i] ? 0 : 1 / value)),
      [beta.length, 1],
    );
    const kept = tf.mul(rest, scales) as tf.Tensor2D;
    if (!ended.includes(true)) return kept;
    const mask = tf.tensor2d(
      ended.map(value => (value ? 1 : 0)),
      [ended.length, 1],
    );
    return tf.add(kept, tf.mul(randomDirection(basis, seed), mask)) as tf.Tensor2D;
  });
}
