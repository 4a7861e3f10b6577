import * as tf from '@tensorflow/tfjs-core';
import {inverse, Matrix} from 'ml-matrix';
import type {Estimate} from '../../metrics/records.js';
import {NORMAL_95, studentQuantile} from '../../metrics/statistics/student-t.js';
import {deriveSeed} from '../../random.js';
import {extendToSpan} from '../linalg/extend-to-span.js';
import {OrthonormalBasis} from '../linalg/orthonormal-basis.js';
import {readRows} from '../linalg/read-rows.js';
import {type Multiply, probeRows} from '../products/probe-blocks.js';
import {blockRows, type Products} from '../products/products.js';
import {nextProbes, type Stopping} from './hutchinson.js';

/**
 * The leave-one-out estimates share most of their sketch and are positively correlated: their spread, taken as if they
 * were independent (the paper's error estimate), is 10 to 35 % too small for decaying and flat spectra and those with
 * outliers alike.
 */
const CORRELATION = 1.4;

/**
 * XTrace: each of m Gaussian vectors is left out of the sketch in turn, and estimates what the sketch of the others
 * misses:
 *
 *   t_i = tr Q_iᵀ A Q_i + (n − r_i) x_iᵀ A x_i / ‖x_i‖²,   Q_i = orth(A Ω without column i),   x_i = (I − Q_i Q_iᵀ) ω_i
 *
 * and their mean is the estimate. Two products for each vector: A Ω and A Q. To meet a `tolerance`, vectors are
 * added to the same sketch. Of A / scale, as `products` are. Memory: 4 m vectors.
 *
 * Source: Epperly, Tropp & Webber (2024), algorithm 1, with the normalization of its section 2.3.
 */
export async function xtrace(
  products: Products,
  {probes, isEnough, maxProbes}: Stopping,
  seed: number,
): Promise<Estimate> {
  const {size} = products;
  const basis = new OrthonormalBasis(size);
  const parts: Parts = {omega: null, images: null};
  /** Row i: A ω_i in the basis. */
  const R: number[][] = [];
  /** Qᵀ A Q. */
  const H: number[][] = [];
  const multiply: Multiply = rows => products.multiply(rows);
  try {
    for (let wanted = probes; ; wanted = Math.max(products.count + 2, nextProbes(products.count, maxProbes))) {
      while (products.count + 1 < wanted || R.length === 0) {
        const count = blockRows(size, Math.max(1, Math.floor((wanted - products.count) / 2)));
        const omega = tf.keep(probeRows(deriveSeed(seed, 'xtrace'), R.length, count, size, 'gaussian'));
        try {
          await withProduct(multiply, omega, async image => {
            R.push(...(await extendToSpan(basis, image)));
          });
          await extendProjection(multiply, basis, H, parts);
          parts.omega = appendRows(parts.omega, omega);
        } finally {
          omega.dispose();
        }
      }
      const estimate = await leaveOneOut(basis, R, H, parts, products.count);
      // Two products are the least that one more vector takes.
      if (isEnough(estimate, squaredNormOf(H)) || products.count + 2 > maxProbes || basis.length === size)
        return estimate;
    }
  } finally {
    basis.dispose();
    parts.omega?.dispose();
    parts.images?.dispose();
  }
}

interface Parts {
  /** Ω, `[m, n]`. */
  omega: tf.Tensor2D | null;
  /** A Q, `[r, n]`. */
  images: tf.Tensor2D | null;
}

async function withProduct(
  multiply: Multiply,
  rows: tf.Tensor2D,
  use: (image: tf.Tensor2D) => Promise<void>,
): Promise<void> {
  const image = tf.keep(await multiply(rows));
  try {
    await use(image);
  } finally {
    image.dispose();
  }
}

/** `rows` after `old`, which is disposed of; `old` may be missing. */
function appendRows(old: tf.Tensor2D | null, rows: tf.Tensor2D): tf.Tensor2D {
  const all = tf.tidy(() => tf.keep(old ? tf.concat<tf.Tensor2D>([old, rows], 0) : tf.clone(rows)));
  old?.dispose();
  return all;
}

/** Multiplies the vectors that are new in the basis, and adds their rows and columns to H. */
async function extendProjection(
  multiply: Multiply,
  basis: OrthonormalBasis,
  H: number[][],
  parts: Parts,
): Promise<void> {
  const known = H.length;
  const added = basis.length - known;
  if (added === 0) return;
  const q = tf.tidy(() => tf.keep(tf.slice(basis.toTensor(), [known, 0], [added, -1])));
  try {
    await withProduct(multiply, q, async image => {
      const rows = await readRows(() => basis.coefficients(image));
      H.forEach((row, i) => {
        row.push(...rows.map(newRow => newRow[i]!));
      });
      H.push(...rows);
      parts.images = appendRows(parts.images, image);
    });
  } finally {
    q.dispose();
  }
}

/** ‖Qᵀ A Q‖_F², which is no more than ‖A‖_F². */
function squaredNormOf(H: readonly (readonly number[])[]): number {
  return H.reduce((sum, row) => sum + row.reduce((s, x) => s + x * x, 0), 0);
}

/** The mean of the estimates that leave one vector out, and its standard error. */
async function leaveOneOut(
  basis: OrthonormalBasis,
  R: readonly (readonly number[])[],
  H: readonly (readonly number[])[],
  {omega, images}: Parts,
  probes: number,
): Promise<Estimate> {
  const m = R.length;
  const r = basis.length;
  const n = basis.size;
  const traceOfH = H.reduce((sum, row, i) => sum + row[i]!, 0);
  if (!omega || !images) return {value: 0, standardError: m > 1 ? 0 : null, probes};
  // u = (I − Q Qᵀ) ω; Qᵀ ω; (A Q)ᵀ u, from the part of A Q outside of the basis, which avoids cancellation; ‖u‖².
  const rows = await readRows(() => {
    const outside = (x: tf.Tensor2D): tf.Tensor2D => basis.remove(x).rest;
    const u = outside(omega);
    const inBasis = basis.coefficients(omega);
    return tf.concat<tf.Tensor2D>(
      [inBasis, tf.matMul(u, outside(images), false, true), tf.sum(tf.mul(u, u), 1, true)],
      1,
    );
  });
  const left = leftOutDirections(R, r);
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const estimates = rows.map((row, i) => {
    const [w, f, uu] = [row.slice(0, r), row.slice(r, 2 * r), row[2 * r]!];
    // Q_i Q_iᵀ = Q (I − s sᵀ) Qᵀ, so that x = u + (sᵀ w) Q s, and A u is known on the basis only: uᵀ A u = −uᵀ (A Q) w.
    const s = left[i];
    const d = s ? dot(s, w) : 0;
    const sHs = s
      ? dot(
          s,
          H.map(h => dot(h, s)),
        )
      : 0;
    const form = -dot(f, w) + (s ? 2 * d * dot(f, s) : 0) + d * d * sHs;
    const xx = uu + d * d;
    return traceOfH - sHs + (xx > 0 ? ((n - (s ? r - 1 : r)) * form) / xx : 0);
  });
  const value = estimates.reduce((sum, x) => sum + x, 0) / m;
  if (m === 1) return {value, standardError: null, probes};
  const variance = estimates.reduce((sum, x) => sum + (x - value) ** 2, 0) / (m - 1);
  const widened = (CORRELATION * studentQuantile(m - 1)) / NORMAL_95;
  return {value, standardError: widened * Math.sqrt(variance / m), probes};
}

/**
 * For each vector, the direction s (in the basis' coordinates) that the sketch loses without it: column i of R⁻ᵀ, made
 * a unit vector. Where the sketch has fewer dimensions than vectors, it loses none.
 */
function leftOutDirections(R: readonly (readonly number[])[], r: number): (number[] | null)[] {
  if (r < R.length) return R.map(() => null);
  // R's rows are the columns of the paper's R: row i of this inverse's transpose is column i of R⁻ᵀ.
  const dual = inverse(new Matrix(R.map(row => Array.from({length: r}, (_, i) => row[i] ?? 0)))).transpose();
  return R.map((_, i) => {
    const s = dual.getRow(i);
    const length = Math.hypot(...s);
    return s.map(x => x / length);
  });
}
