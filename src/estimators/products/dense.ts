import * as tf from '@tensorflow/tfjs-core';
import {notFinite} from '../linalg/read-rows.js';
import {blockRows, type Products} from './products.js';

/** Rows `from … from + count − 1` of the identity, `[count, size]`; the caller owns them. */
export function unitRows(from: number, count: number, size: number): tf.Tensor2D {
  const values = new Float32Array(count * size);
  for (let i = 0; i < count; i++) values[i * size + from + i] = 1;
  return tf.tensor2d(values, [count, size]);
}

/** Calls `visit` with each column of A / scale, in order: `size` products. */
export async function eachColumn(
  products: Products,
  visit: (column: Float32Array, index: number) => void,
): Promise<void> {
  const {size} = products;
  for (let from = 0; from < size; ) {
    const count = blockRows(size, size - from);
    const rows = tf.keep(unitRows(from, count, size));
    let product: tf.Tensor2D | null = null;
    try {
      product = tf.keep(await products.multiply(rows));
      const values = (await product.data()) as Float32Array;
      if (!values.every(Number.isFinite)) throw notFinite();
      for (let i = 0; i < count; i++) visit(values.subarray(i * size, (i + 1) * size), from + i);
    } finally {
      rows.dispose();
      product?.dispose();
    }
    from += count;
  }
}

/** A / scale as columns of numbers: `size` products, size² numbers of memory. */
export async function denseColumns(products: Products): Promise<Float64Array[]> {
  const columns: Float64Array[] = [];
  await eachColumn(products, column => columns.push(Float64Array.from(column)));
  return columns;
}

/** (A + Aᵀ) / 2 as rows of numbers. Rounding in the products makes A slightly unsymmetric. */
export function symmetrized(columns: readonly Float64Array[]): number[][] {
  return columns.map((column, i) => columns.map((other, j) => (column[j]! + other[i]!) / 2));
}

/** ‖A − Aᵀ‖_F / ‖A‖_F, of A's columns. */
export function asymmetryOf(columns: readonly Float64Array[]): number {
  let [difference, sum] = [0, 0];
  columns.forEach((column, i) => {
    column.forEach((x, j) => {
      difference += (x - columns[j]![i]!) ** 2;
      sum += x * x;
    });
  });
  return sum === 0 ? 0 : Math.sqrt(difference / sum);
}

/** The diagonal of A / scale: `size` products. */
export async function exactDiagonal(products: Products): Promise<number[]> {
  const diagonal: number[] = [];
  await eachColumn(products, (column, i) => diagonal.push(column[i]!));
  return diagonal;
}
