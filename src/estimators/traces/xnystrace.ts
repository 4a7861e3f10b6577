import * as tf from '@tensorflow/tfjs-core';
import {CholeskyDecomposition, inverse, Matrix} from 'ml-matrix';
import {InvalidArgumentError} from '../../errors.js';
import type {Estimate} from '../../metrics/records.js';
import {deriveSeed} from '../../random.js';
import {extendToSpan} from '../linalg/extend-to-span.js';
import {ROUNDING_FLOOR} from '../linalg/float32.js';
import {OrthonormalBasis} from '../linalg/orthonormal-basis.js';
import {readRows} from '../linalg/read-rows.js';
import {symmetricEigen} from '../linalg/symmetric-eigen.js';
import {probeRows} from '../products/probe-blocks.js';
import {blockRows, type Products} from '../products/products.js';
import {requireSymmetric} from '../products/symmetry.js';
import {nextProbes, type Stopping} from './hutchinson.js';
import {leaveOneOut, NYSTROM} from './leave-one-out.js';
import {appendRows} from './range-sketch.js';

/**
 * XNysTrace, for a positive semidefinite A: each of m random vectors q_i is left out of a Nyström approximation in turn, and estimates
 * what the approximation of the others misses:
 *
 *   t_i = tr A_i + (n − m + 1) q_iᵀ (A − A_i) q_i,   A_i = Y (Qᵀ Y)⁻¹ Yᵀ,   Y = A Q,   Q without column i
 *
 * and their mean is the estimate. One product a vector. To meet a `tolerance`, vectors are added. Of A / scale, as `products` are.
 * Memory: 3 m vectors.
 *
 * The vectors are a random orthonormal frame: that has the expectation of the paper's Gaussian vectors with its section 2.3's
 * normalization, an error that is 1 to 8 % smaller, and no bad condition if m nears n. A small multiple ν of the identity is added to
 * A, and its trace subtracted, so that rounding makes no eigenvalue negative.
 *
 * Source: Epperly, Tropp & Webber (2024), algorithm 3. The error is ours (`leave-one-out.ts`).
 *
 * @throws InvalidArgumentError if A has a negative Ritz value.
 */
export async function xnystrace(
  products: Products,
  {probes, isEnough, maxProbes}: Stopping,
  seed: number,
): Promise<Estimate> {
  const {size} = products;
  const basis = new OrthonormalBasis(size);
  let images: tf.Tensor2D | null = null;
  try {
    for (let wanted = probes, drawn = 0; ; wanted = nextProbes(basis.length, maxProbes)) {
      while (basis.length < wanted) {
        const from = basis.length;
        const count = blockRows(size, wanted - from);
        const random = tf.keep(probeRows(deriveSeed(seed, 'xnystrace'), drawn, count, size, 'gaussian'));
        drawn += count;
        try {
          await extendToSpan(basis, random);
        } finally {
          random.dispose();
        }
        const added = basis.length - from;
        if (added > 0) images = await multiplied(products, basis, {from, added}, images);
      }
      const {estimate, squaredNorm} = await fromNystrom(basis, images!, products.scale);
      if (isEnough(estimate, squaredNorm) || basis.length >= maxProbes) return estimate;
    }
  } finally {
    basis.dispose();
    images?.dispose();
  }
}

/** A Q for the newest vectors of the basis, after those of the others, which are disposed of. */
async function multiplied(
  products: Products,
  basis: OrthonormalBasis,
  {from, added}: {readonly from: number; readonly added: number},
  others: tf.Tensor2D | null,
): Promise<tf.Tensor2D> {
  const q = tf.tidy(() => tf.keep(tf.slice(basis.toTensor(), [from, 0], [added, -1])));
  let image: tf.Tensor2D | null = null;
  try {
    image = tf.keep(await products.multiply(q));
    return appendRows(others, image);
  } finally {
    q.dispose();
    image?.dispose();
  }
}

/** The estimate, and n / m ‖A Q‖_F², whose expectation is ‖A‖_F². */
async function fromNystrom(
  basis: OrthonormalBasis,
  images: tf.Tensor2D,
  scale: number,
): Promise<{estimate: Estimate; squaredNorm: number}> {
  const {length: m, size: n} = basis;
  const rows = await readRows(() =>
    tf.concat([basis.coefficients(images), tf.sum(tf.mul(images, images), 1, true)], 1),
  );
  const squares = rows.map(row => row[m]!);
  const total = squares.reduce((sum, x) => sum + x, 0);
  const done = (value: number, standardError: number | null) => ({
    estimate: {value, standardError, probes: m},
    squaredNorm: (n / m) * total,
  });
  const projected = new Matrix(rows.map((row, i) => squares.map((_, j) => (row[j]! + rows[j]![i]!) / 2)));
  if (m === n) return done(projected.trace(), 0);
  if (total === 0) return done(0, m > 1 ? 0 : null);
  const asymmetry = asymmetryOf(rows, squares, n);
  requireSymmetric(asymmetry);
  const shift = Math.max(ROUNDING_FLOOR, 3 * asymmetry) * Math.sqrt(total / n);
  const H = projected.clone().add(Matrix.eye(m).mul(shift));
  const cholesky = new CholeskyDecomposition(H);
  if (!cholesky.isPositiveDefinite()) throw notSemidefinite(projected, scale);
  // With H = L Lᵀ: M = L⁻¹ Yᵀ Y L⁻ᵀ, whose trace is that of the approximation; its rows are small where H is.
  const whitening = inverse(cholesky.lowerTriangularMatrix);
  const M = new Matrix(
    await readRows(() => {
      const y = tf.add(images, tf.mul(basis.toTensor(), shift)) as tf.Tensor2D;
      const whitened = tf.matMul(tf.tensor2d(whitening.to2DArray()), y);
      return tf.matMul(whitened, whitened, false, true);
    }),
  );
  // H⁻¹ and H⁻¹ Yᵀ Y H⁻¹: without some of the vectors, the trace of the approximation loses tr (H⁻¹_II)⁻¹ (H⁻¹ Yᵀ Y H⁻¹)_II.
  const inverseH = whitening.transpose().mmul(whitening);
  const B = whitening.transpose().mmul(M).mmul(whitening);
  const whole = M.trace() - shift * n;
  const one = squares.map((_, j) => whole + (n - m + 1 - B.get(j, j)) / inverseH.get(j, j));
  const two = (i: number, j: number): number => {
    const [p, q, r] = [inverseH.get(i, i), inverseH.get(j, j), inverseH.get(i, j)];
    const determinant = p * q - r * r;
    const lost = q * B.get(i, i) - 2 * r * B.get(i, j) + p * B.get(j, j);
    return whole + ((n - m + 2) * p - lost) / determinant;
  };
  const {value, standardError} = leaveOneOut({one, two}, NYSTROM);
  return done(value, standardError);
}

/** ‖A − Aᵀ‖_F / ‖A‖_F, estimated from qᵀ A q' and q'ᵀ A q; 0 for one vector. */
function asymmetryOf(rows: readonly (readonly number[])[], squares: readonly number[], size: number): number {
  let sum = 0;
  let pairs = 0;
  rows.forEach((row, i) => {
    for (let j = 0; j < i; j++) {
      const most = Math.max(squares[i]!, squares[j]!);
      if (most > 0) sum += (size * (row[j]! - rows[j]![i]!) ** 2) / most;
      pairs++;
    }
  });
  return pairs === 0 ? 0 : Math.sqrt(sum / pairs);
}

function notSemidefinite(projected: Matrix, scale: number): InvalidArgumentError {
  const least = symmetricEigen(projected.to2DArray()).values[0]! * scale;
  return new InvalidArgumentError(
    `The operator has an eigenvalue of ${least.toPrecision(2)} or less; method 'xnystrace' needs a positive semidefinite one, such as ` +
      "gaussNewton(), fisher() or empiricalFisher() makes. For a Hessian, use method 'xtrace' or 'hutch++'.",
  );
}
