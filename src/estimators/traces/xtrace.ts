import * as tf from '@tensorflow/tfjs-core';
import {Matrix} from 'ml-matrix';
import type {Estimate} from '../../metrics/records.js';
import {deriveSeed} from '../../random.js';
import {readRows} from '../linalg/read-rows.js';
import type {Products} from '../products/products.js';
import {nextProbes, type Stopping} from './hutchinson.js';
import {type LeftOut, leaveOneOut, RANGE} from './leave-one-out.js';
import {RangeSketch} from './range-sketch.js';

/**
 * XTrace: each of m Gaussian vectors is left out of the sketch in turn, and estimates what the sketch of the others
 * misses:
 *
 *   t_i = tr Q_iᵀ A Q_i + (n − r_i) x_iᵀ A x_i / ‖x_i‖²,   Q_i = orth(A Ω without column i),   x_i = (I − Q_i Q_iᵀ) ω_i
 *
 * and their mean is the estimate. Two products for each vector: A Ω and A Q. To meet a `tolerance`, vectors are
 * added to the same sketch. Of A / scale, as `products` are. Memory: 4 m vectors.
 *
 * Source: Epperly, Tropp & Webber (2024), algorithm 1, with the normalization of its section 2.3. The error is ours (`leave-one-out.ts`).
 */
export async function xtrace(
  products: Products,
  {probes, isEnough, maxProbes}: Stopping,
  seed: number,
): Promise<Estimate> {
  const {size} = products;
  const sketch = new RangeSketch(products, {seed: deriveSeed(seed, 'xtrace'), distribution: 'gaussian'});
  try {
    for (let wanted = probes; ; wanted = Math.max(products.count + 2, nextProbes(products.count, maxProbes))) {
      await sketch.extendTo(wanted);
      const estimate = {...(await estimateFrom(sketch, size)), probes: products.count};
      // Two products are the least that one more vector takes.
      if (isEnough(estimate, squaredNormOf(sketch.H)) || products.count + 2 > maxProbes || sketch.basis.length === size)
        return estimate;
    }
  } finally {
    sketch.dispose();
  }
}

/** ‖Qᵀ A Q‖_F², which is no more than ‖A‖_F². */
function squaredNormOf(H: readonly (readonly number[])[]): number {
  return H.reduce((sum, row) => sum + row.reduce((s, x) => s + x * x, 0), 0);
}

async function estimateFrom(sketch: RangeSketch, size: number): Promise<Omit<Estimate, 'probes'>> {
  const {basis, omega, images, R, H} = sketch;
  if (!omega || !images) return {value: 0, standardError: R.length > 1 ? 0 : null};
  const r = basis.length;
  // u = (I − Q Qᵀ) ω; Qᵀ ω; (A Q)ᵀ u, from the part of A Q outside of the basis, which avoids cancellation; ‖u‖².
  const rows = await readRows(() => {
    const outside = (x: tf.Tensor2D): tf.Tensor2D => basis.remove(x).rest;
    const u = outside(omega);
    return tf.concat<tf.Tensor2D>(
      [basis.coefficients(omega), tf.matMul(u, outside(images), false, true), tf.sum(tf.mul(u, u), 1, true)],
      1,
    );
  });
  const tests = rows.map(row => {
    const [w, f] = [row.slice(0, r), row.slice(r, 2 * r)];
    // A u is known on the basis only, and u is orthogonal to A ω: uᵀ A u = −uᵀ (A Q) w.
    return {w, f, form: -w.reduce((sum, x, i) => sum + x * f[i]!, 0), square: row[2 * r]!};
  });
  const trace = H.reduce((sum, row, i) => sum + row[i]!, 0);
  const lost = sketch.lostDirections();
  const left = size - r;
  if (lost === null) {
    const one = tests.map(({form, square}) => trace + (square > 0 ? (left * form) / square : 0));
    return leaveOneOut({one, two: (_, j) => one[j]!}, RANGE);
  }
  return leaveOneOut(leftOut(lost, new Matrix(H), tests, {trace, left}), RANGE);
}

/** A test vector ω against the basis: Qᵀ ω, (A Q)ᵀ u, uᵀ A u and ‖u‖² for its part u outside of the basis. */
interface TestVector {
  readonly w: readonly number[];
  readonly f: readonly number[];
  readonly form: number;
  readonly square: number;
}

/** Vectors s_i and s_j that differ in direction by less than this are one. */
const PARALLEL = 1e-12;

/**
 * Without some vectors, the sketch loses the span of their directions s. With an orthonormal basis E of that span,
 *
 *   tr = tr H − tr Eᵀ H E + (n − r + dim E) xᵀ A x / ‖x‖²,   x = u + Q E Eᵀ w
 */
function leftOut(
  s: Matrix,
  H: Matrix,
  tests: readonly TestVector[],
  {trace, left}: {readonly trace: number; readonly left: number},
): LeftOut {
  const columns = (of: (test: TestVector) => readonly number[]): Matrix =>
    new Matrix(tests.map(test => [...of(test)])).transpose();
  const sHs = s.mmul(H).mmul(s.transpose());
  const ss = s.mmul(s.transpose());
  // Row i, column j: s_i · w_j and s_i · f_j.
  const sw = s.mmul(columns(({w}) => w));
  const sf = s.mmul(columns(({f}) => f));
  const h = (i: number, j: number): number => (sHs.get(i, j) + sHs.get(j, i)) / 2;
  const total = (captured: number, dimensions: number, form: number, square: number): number =>
    captured + (square > 0 ? ((left + dimensions) * form) / square : 0);
  const withoutOwn = (j: number): number => {
    const {form, square} = tests[j]!;
    const d = sw.get(j, j);
    return total(trace - h(j, j), 1, form + 2 * d * sf.get(j, j) + d * d * h(j, j), square + d * d);
  };
  const one = tests.map((_, j) => withoutOwn(j));
  return {
    one,
    two: (i, j) => {
      // E: s_j, and what s_i has beside it.
      const c = ss.get(i, j);
      if (1 - c * c < PARALLEL) return one[j]!;
      const k = 1 / Math.sqrt(1 - c * c);
      const beside = (ofI: number, ofJ: number): number => k * (ofI - c * ofJ);
      const h22 = k * k * (h(i, i) - 2 * c * h(i, j) + c * c * h(j, j));
      const h12 = beside(h(i, j), h(j, j));
      const [d1, d2] = [sw.get(j, j), beside(sw.get(i, j), sw.get(j, j))];
      const [f1, f2] = [sf.get(j, j), beside(sf.get(i, j), sf.get(j, j))];
      const {form, square} = tests[j]!;
      const inside = d1 * d1 * h(j, j) + 2 * d1 * d2 * h12 + d2 * d2 * h22;
      return total(trace - h(j, j) - h22, 2, form + 2 * (d1 * f1 + d2 * f2) + inside, square + d1 * d1 + d2 * d2);
    },
  };
}
