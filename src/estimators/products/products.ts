// All products of an estimator with an operator are made here: shapes are checked, products are counted, and values
// are scaled by a power of two (without rounding) to about 1, so that float32 squares neither overflow nor vanish.
//
// Vectors are the *rows* of a [p, n] tensor: every backend is most accurate in sums over the contiguous axis.

import * as tf from '@tensorflow/tfjs-core';
import {show} from '../../arguments/show.js';
import {isRealTensor} from '../../arguments/tensors.js';
import type {DeviceVerdict} from '../../autodiff/webgpu/device-errors.js';
import {deviceVerdict} from '../../autodiff/webgpu/device-errors.js';
import {InvalidArgumentError} from '../../errors.js';
import {Work} from '../../long-work.js';
import {hasParts, type MatvecOperator, type OperatorInParts} from '../../operators/linear-operator.js';
import {requireOperator} from '../../operators/operator-argument.js';
import {notFinite} from '../linalg/read-rows.js';
import type {Row} from '../linalg/row-basis.js';

/** The size limit of a block of float32 vectors that one `matmat` multiplies. */
const MAX_BLOCK_BYTES = 64 * 2 ** 20;

/** How many vectors of length `size` go into one product. */
export function blockRows(size: number, wanted: number): number {
  return Math.max(1, Math.min(wanted, 16, Math.floor(MAX_BLOCK_BYTES / (4 * size))));
}

function checkProduct(value: unknown, given: tf.Tensor, method: 'matvec' | 'matmat'): tf.Tensor {
  const right = isRealTensor(value) && tf.util.arraysEqual(value.shape, given.shape);
  if (!right) {
    throw new InvalidArgumentError(
      `The operator's ${method} returned ${show(value)} for a tensor of shape [${given.shape.join(', ')}]; ` +
        'a product must have the shape of its argument.',
    );
  }
  const product = value.dtype === 'float32' ? value : tf.cast(value, 'float32');
  // An operator such as the identity may return its argument, but the product must be a tensor of its own.
  return product === given ? tf.clone(product) : product;
}

/** A V for the rows of V, unscaled. Meant to run inside a `tidy`. */
function multiplyRows(op: MatvecOperator, rows: tf.Tensor2D): tf.Tensor2D {
  const [count, size] = rows.shape;
  if (op.matmat && count > 1) {
    const columns = tf.transpose(rows) as tf.Tensor2D;
    return tf.transpose(checkProduct(op.matmat(columns), columns, 'matmat')) as tf.Tensor2D;
  }
  if (count === 1) {
    const v = tf.reshape(rows, [size]) as tf.Tensor1D;
    return tf.reshape(checkProduct(op.matvec(v), v, 'matvec'), [1, size]) as tf.Tensor2D;
  }
  return tf.stack(
    tf.unstack(rows).map(row => {
      const v = row as tf.Tensor1D;
      return checkProduct(op.matvec(v), v, 'matvec') as tf.Tensor1D;
    }),
  ) as tf.Tensor2D;
}

/** Vectors in JavaScript as one tensor: `[n, p]`, or `[n]` for one vector. */
function columnsOf(vectors: readonly Row[]): tf.Tensor1D | tf.Tensor2D {
  const [count, size] = [vectors.length, vectors[0]!.length];
  if (count === 1) return tf.tensor1d(new Float32Array(vectors[0]!));
  const values = new Float32Array(count * size);
  vectors.forEach((vector, c) => {
    for (let i = 0, at = c; i < size; i++, at += count) values[at] = vector[i]!;
  });
  return tf.tensor2d(values, [size, count]);
}

/** A V for columns V, `[n, p]` or `[n]`, unscaled. Meant to run inside a `tidy`. */
function multiplyColumns(op: MatvecOperator, columns: tf.Tensor1D | tf.Tensor2D): tf.Tensor {
  if (columns.rank === 1) return checkProduct(op.matvec(columns as tf.Tensor1D), columns, 'matvec');
  if (op.matmat) return checkProduct(op.matmat(columns as tf.Tensor2D), columns, 'matmat');
  const separate = tf.unstack(columns, 1) as tf.Tensor1D[];
  return tf.stack(
    separate.map(v => checkProduct(op.matvec(v), v, 'matvec')),
    1,
  );
}

/** Products with `A / scale`, where `scale` is a power of two near the largest entry of the first product. */
export class Products {
  readonly size: number;
  /** The factor from scaled values to the operator's own. 1 until the first product. */
  scale = 1;
  /** How many products were made. */
  count = 0;
  private scaled = false;
  private readonly verdict = deviceVerdict();

  /** @param work counts the products, and is paused before each of them. */
  constructor(
    private readonly op: MatvecOperator,
    private readonly work = new Work(),
  ) {
    requireOperator(op);
    this.size = op.size;
  }

  /** Whether all products until now were exactly zero. */
  get isZero(): boolean {
    return this.count > 0 && !this.scaled;
  }

  /** (A / scale) V for the rows `[p, size]` of V; the caller owns the result. */
  async multiply(rows: tf.Tensor2D): Promise<tf.Tensor2D> {
    await this.work.pause();
    const {op} = this;
    const inParts = hasParts(op) ? await this.rowsInParts(op, rows) : null;
    try {
      return await this.scaledProduct(() => (inParts === null ? multiplyRows(op, rows) : tf.clone(inParts)));
    } finally {
      inParts?.dispose();
      this.add(rows.shape[0]);
    }
  }

  private add(products: number): void {
    this.count += products;
    this.work.count(products);
  }

  /** A V for the rows of V, unscaled, kept. */
  private async rowsInParts(op: OperatorInParts, rows: tf.Tensor2D): Promise<tf.Tensor2D> {
    const [count, size] = rows.shape;
    const v = tf.tidy(() => tf.keep(count === 1 ? tf.reshape(rows, [size]) : tf.transpose(rows)));
    try {
      const image = await this.inParts(op, v as tf.Tensor1D | tf.Tensor2D);
      const product = tf.tidy(() => tf.keep(count === 1 ? tf.reshape(image, [1, size]) : tf.transpose(image)));
      image.dispose();
      return product as tf.Tensor2D;
    } finally {
      v.dispose();
    }
  }

  private inParts(op: OperatorInParts, v: tf.Tensor1D | tf.Tensor2D): Promise<tf.Tensor> {
    return op.multiplyInParts(v, done => this.work.pause(done * (v.shape[1] ?? 1)));
  }

  private async scaledProduct(multiply: () => tf.Tensor2D): Promise<tf.Tensor2D> {
    if (!this.scaled) return this.multiplyAndScale(multiply);
    const product: tf.Tensor2D = tf.tidy(() => {
      const raw = multiply();
      return this.scale === 1 ? raw : tf.mul(raw, 1 / this.scale);
    });
    return this.verdict === null ? product : this.judged(product, this.verdict);
  }

  /** The product, after the device has accepted the kernels that computed it. */
  private async judged(product: tf.Tensor2D, verdict: DeviceVerdict): Promise<tf.Tensor2D> {
    try {
      await verdict();
      return product;
    } catch (error) {
      product.dispose();
      throw error;
    }
  }

  /**
   * A V for vectors in JavaScript, unscaled. One read.
   *
   * @param images take the products.
   * @returns 1 / scale.
   */
  async multiplyNumbers(vectors: readonly Row[], images: readonly Row[]): Promise<number> {
    await this.work.pause();
    const count = vectors.length;
    const product = await this.columnsProduct(vectors);
    this.add(count);
    try {
      await this.verdict?.();
      const values = (await product.data()) as Float32Array;
      if (!this.scaled) this.learnScale(values.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
      images.forEach((image, c) => {
        if (count === 1) image.set(values);
        else for (let i = 0, at = c; i < image.length; i++, at += count) image[i] = values[at]!;
      });
      return 1 / this.scale;
    } finally {
      product.dispose();
    }
  }

  /** A V for vectors V in JavaScript, unscaled, kept: `[n, p]`, or `[n]` for one vector. */
  private async columnsProduct(vectors: readonly Row[]): Promise<tf.Tensor> {
    const {op} = this;
    if (!hasParts(op)) return tf.tidy(() => tf.keep(multiplyColumns(op, columnsOf(vectors))));
    const v = tf.keep(columnsOf(vectors));
    try {
      return await this.inParts(op, v);
    } finally {
      v.dispose();
    }
  }

  private async multiplyAndScale(multiply: () => tf.Tensor2D): Promise<tf.Tensor2D> {
    const [product, largest] = tf.tidy(() => {
      const raw = multiply();
      return [tf.keep(raw), tf.keep(tf.max(tf.abs(raw)))] as const;
    });
    try {
      await this.verdict?.();
      this.learnScale((await largest.data())[0]!);
      return tf.tidy(() => tf.mul(product, 1 / this.scale));
    } finally {
      product.dispose();
      largest.dispose();
    }
  }

  /** @param magnitude of the largest entry. A zero product says nothing about the size of A: then the next product is used. */
  private learnScale(magnitude: number): void {
    if (!Number.isFinite(magnitude)) throw notFinite();
    if (magnitude === 0) return;
    this.scaled = true;
    // 2^±126 and their inverses are float32 numbers.
    this.scale = 2 ** Math.max(-126, Math.min(126, Math.round(Math.log2(magnitude))));
  }
}
