import * as tf from '@tensorflow/tfjs-core';
import {optional} from 'valibot';
import {finiteNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {isRealTensor} from '../arguments/tensors.js';
import {InvalidArgumentError} from '../errors.js';
import {type LongWorkArgs, longWork, longWorkEntries, type Work} from '../long-work.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator, requireWithinSize} from '../operators/operator-argument.js';
import {extendToSpan} from './linalg/extend-to-span.js';
import {ROUNDING_FLOOR} from './linalg/float32.js';
import {OrthonormalBasis} from './linalg/orthonormal-basis.js';
import {readRows} from './linalg/read-rows.js';
import {symmetricEigen} from './linalg/symmetric-eigen.js';
import {probeRows} from './products/probe-blocks.js';
import {blockRows, Products} from './products/products.js';

/** Options of `eigenspace`. */
export interface EigenspaceArgs extends LongWorkArgs {
  /** The space's dimension. */
  readonly k: number;
  /** Vectors of the sketch beyond k. Default: 10. */
  readonly oversampling?: number;
  /** Further products of the sketch with A, for spectra that decay slowly. Default: 1. */
  readonly powerIterations?: number;
  /** Default: 0. */
  readonly seed?: number;
}

const eigenspaceArgs = optionsOf<EigenspaceArgs>('eigenspace()')({
  k: wholeNumber(),
  oversampling: optional(wholeNumber(0), 10),
  powerIterations: optional(wholeNumber(0), 1),
  seed: optional(finiteNumber(), 0),
  ...longWorkEntries,
});

/** The span of the eigenvectors of largest magnitude, approximately. */
export interface Eigenspace {
  /** Descending in magnitude. */
  readonly values: number[];
  /** A true eigenvalue lies within `residuals[i]` of `values[i]`. */
  readonly residuals: number[];
  /** `[size, values.length]`, orthonormal columns; the caller owns it. */
  readonly vectors: tf.Tensor2D;
  /** Products spent. */
  readonly steps: number;
}

/**
 * The k eigenvectors of largest magnitude of a symmetric operator, from a random sketch: for models that are too
 * large for a Krylov basis.
 *
 * A Rayleigh–Ritz step on Q = orth(A^{1 + powerIterations} Ω) with k + `oversampling` Gaussian columns in Ω. All
 * products are made in blocks and in few rounds, which suits operators with a `matmat` and operators over a data
 * set. If the spectrum is clustered at the k-th eigenvalue, `eigenvalues` is more accurate for the same number of
 * products: check the residuals.
 *
 * Costs (2 + `powerIterations`) (k + `oversampling`) products. Memory: 2 (k + `oversampling`) + k vectors. The caller
 * owns `vectors`.
 *
 * Source: Halko, Martinsson & Tropp (2011), algorithms 4.4 and 5.3; Fernandez et al. (2025) for sketched Hessian
 * eigenspaces.
 *
 * @throws InvalidArgumentError for bad options, and for an operator whose product has the wrong shape or is not finite.
 * @example
 * const {values, vectors} = await eigenspace(operator, {k: 10});
 */
export async function eigenspace(op: MatvecOperator, args: EigenspaceArgs): Promise<Eigenspace> {
  requireOperator(op);
  const checked = eigenspaceArgs(args);
  const {k, oversampling, powerIterations} = checked;
  requireWithinSize('k', k, op);
  const width = Math.min(op.size, k + oversampling);
  return longWork(checked, (2 + powerIterations) * width, work => sketched(op, {...checked, width}, work));
}

interface SketchArgs {
  readonly k: number;
  readonly width: number;
  readonly powerIterations: number;
  readonly seed: number;
}

async function sketched(
  op: MatvecOperator,
  {k, width, powerIterations, seed}: SketchArgs,
  work: Work,
): Promise<Eigenspace> {
  const products = new Products(op, work);
  const owned = new Set<tf.Tensor>();
  const own = <T extends tf.Tensor>(tensor: T): T => {
    owned.add(tensor);
    return tf.keep(tensor);
  };
  let basis = new OrthonormalBasis(op.size);
  try {
    let sketch = own(probeRows(seed, 0, width, op.size, 'gaussian'));
    for (let round = 0; round <= powerIterations; round++) {
      const image = own(await multiplyInBlocks(products, sketch));
      sketch.dispose();
      owned.delete(sketch);
      basis.dispose();
      basis = new OrthonormalBasis(op.size);
      await extendToSpan(basis, image);
      image.dispose();
      owned.delete(image);
      if (basis.length === 0) break;
      sketch = own(basis.toTensor());
    }
    // The zero operator has every space for an eigenspace.
    if (basis.length === 0) {
      await extendToSpan(basis, own(probeRows(seed, 0, width, op.size, 'gaussian')));
      sketch = own(basis.toTensor());
    }
    const image = own(await multiplyInBlocks(products, sketch));
    const projected = await readRows(() => tf.matMul(sketch, image, false, true));
    const {values, vectors} = symmetricEigen(projected.map((row, i) => row.map((x, j) => (x + projected[j]![i]!) / 2)));
    const best = values
      .map((_, i) => i)
      .sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!))
      .slice(0, k);
    const chosen = own(tf.tensor2d(best.map(i => vectors[i]!)));
    const rows = own(tf.tidy(() => tf.matMul(chosen, sketch)));
    // R = A Y − Y Θ, from the products that are there.
    const squares = await readRows(() => {
      const thetas = tf.tensor2d(
        best.map(i => values[i]!),
        [best.length, 1],
      );
      const residual = tf.sub(tf.matMul(chosen, image), tf.mul(rows, thetas));
      return tf.sum(tf.mul(residual, residual), 1, true);
    });
    const {scale} = products;
    const floor = ROUNDING_FLOOR * Math.max(...values.map(Math.abs));
    return {
      values: best.map(i => values[i]! * scale),
      residuals: squares.map(([square]) => (Math.sqrt(square!) + floor) * scale),
      vectors: tf.tidy(() => tf.transpose(rows) as tf.Tensor2D),
      steps: products.count,
    };
  } finally {
    basis.dispose();
    for (const tensor of owned) tensor.dispose();
  }
}

async function multiplyInBlocks(products: Products, rows: tf.Tensor2D): Promise<tf.Tensor2D> {
  const blocks: tf.Tensor2D[] = [];
  try {
    for (let done = 0; done < rows.shape[0]; ) {
      const count = blockRows(products.size, rows.shape[0] - done);
      const from = done;
      const block = tf.tidy(() => tf.keep(tf.slice(rows, [from, 0], [count, -1])));
      try {
        blocks.push(tf.keep(await products.multiply(block)));
      } finally {
        block.dispose();
      }
      done += count;
    }
    return tf.tidy(() => tf.concat<tf.Tensor2D>(blocks, 0));
  } finally {
    for (const block of blocks) block.dispose();
  }
}

/**
 * The overlap of two subspaces, ‖Uᵀ V‖_F² / k: 0 = orthogonal, 1 = the same (or the smaller lies in the larger).
 *
 * U and V have orthonormal columns, `[size, k]`, with a k of their own; the caller keeps them. The overlap of two
 * random spaces is about k / size.
 *
 * Source: Gur-Ari, Roberts & Dyer (2018), for a Hessian's top space between two moments of a training.
 *
 * @throws InvalidArgumentError for columns of different length.
 * @example
 * const kept = await subspaceOverlap(before.vectors, after.vectors);
 */
export async function subspaceOverlap(U: tf.Tensor2D, V: tf.Tensor2D): Promise<number> {
  if (!isRealTensor(U) || !isRealTensor(V)) {
    throw new InvalidArgumentError(
      `The spaces' bases are ${show(U)} and ${show(V)}; both must be tensors of real numbers.`,
    );
  }
  if (U.rank !== 2 || V.rank !== 2 || U.shape[0] !== V.shape[0]) {
    throw new InvalidArgumentError(
      `The spaces' bases have shapes [${U.shape.join(', ')}] and [${V.shape.join(', ')}]; both must be [size, k] with the same size.`,
    );
  }
  const [[sum]] = (await readRows(() => tf.reshape(tf.sum(tf.square(tf.matMul(U, V, true))), [1, 1]))) as [[number]];
  return Math.min(1, sum / Math.min(U.shape[1], V.shape[1]));
}
