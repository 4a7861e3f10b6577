import * as tf from '@tensorflow/tfjs-core';
import {BREAKDOWN} from './float32.js';
import type {OrthonormalBasis} from './orthonormal-basis.js';
import {readRows} from './read-rows.js';

/**
 * Extends a basis to the span of the rows `[c, n]`, one by one (Gram–Schmidt, twice), and returns their coordinates in
 * it.
 *
 * A row that depends on those before it, to float32 precision, adds no vector. One read a row.
 */
export async function extendToSpan(basis: OrthonormalBasis, rows: tf.Tensor2D): Promise<number[][]> {
  const [count, size] = rows.shape;
  const coordinates: number[][] = [];
  for (let i = 0; i < count; i++) {
    const [rest, report] = tf.tidy(() => {
      const row = tf.slice(rows, [i, 0], [1, -1]);
      const square = (x: tf.Tensor2D): tf.Tensor2D => tf.sum(tf.mul(x, x), 1, true);
      if (basis.length === 0)
        return [tf.keep(tf.clone(row)), tf.keep(tf.concat([square(row), square(row)], 1))] as const;
      const {rest: left, removed} = basis.remove(row);
      return [tf.keep(left), tf.keep(tf.concat([removed, square(left), square(row)], 1))] as const;
    });
    try {
      const [numbers] = await readRows(() => tf.clone(report) as tf.Tensor2D);
      const length = Math.sqrt(numbers!.pop()!);
      const left = Math.sqrt(numbers!.pop()!);
      if (left > BREAKDOWN * length && basis.length < size) {
        tf.tidy(() => basis.append(tf.div(rest, left)));
        numbers!.push(left);
      }
      coordinates.push(numbers!);
    } finally {
      rest.dispose();
      report.dispose();
    }
  }
  return coordinates.map(row => [...row, ...new Array<number>(basis.length - row.length).fill(0)]);
}
