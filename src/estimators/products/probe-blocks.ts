import * as tf from '@tensorflow/tfjs-core';
import {probeVector, randomBits, uniform} from '../../random.js';
import {blockRows} from './products.js';

/** Maps the rows of V to those of A V; the caller owns the result. */
export type Multiply = (rows: tf.Tensor2D) => Promise<tf.Tensor2D>;

/** Up to this size, Rademacher probes are drawn without replacement: two of size 3 would be the same in one of four cases. */
const FEW_PATTERNS = 10;

/** The probes `from … from + count − 1` of a seed, `[count, size]`; the caller owns them. */
export function probeRows(
  seed: number,
  from: number,
  count: number,
  size: number,
  distribution: 'rademacher' | 'gaussian' = 'rademacher',
): tf.Tensor2D {
  const values = new Float32Array(count * size);
  const patterns = distribution === 'rademacher' && size <= FEW_PATTERNS ? shuffledPatterns(seed, size) : [];
  for (let i = 0; i < count; i++) {
    const pattern = patterns[from + i];
    const probe = pattern === undefined ? probeVector(seed, from + i, size, distribution) : signs(pattern, size);
    values.set(probe, i * size);
  }
  return tf.tensor2d(values, [count, size]);
}

/** The 2^(size − 1) vectors of signs that differ by more than their sign, as bits, in random order (Fisher & Yates, 1938). */
function shuffledPatterns(seed: number, size: number): number[] {
  const bits = randomBits(seed, 0);
  const patterns = Array.from({length: 2 ** (size - 1)}, (_, i) => i);
  for (let i = patterns.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(bits) * (i + 1));
    [patterns[i], patterns[j]] = [patterns[j]!, patterns[i]!];
  }
  return patterns;
}

function signs(pattern: number, size: number): number[] {
  return Array.from({length: size}, (_, i) => ((pattern >>> i) & 1 ? 1 : -1));
}

/** The probes that an operator is multiplied with. */
export interface ProbeBlocks {
  readonly multiply: Multiply;
  readonly size: number;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Multiplies the Rademacher probes `from … to − 1` in blocks, and calls `visit` with each block V `[c, size]` and A V.
 *
 * `visit` must not keep either tensor.
 */
export async function eachProbeBlock(
  {multiply, size, seed, from, to}: ProbeBlocks,
  visit: (v: tf.Tensor2D, product: tf.Tensor2D) => Promise<void>,
): Promise<void> {
  for (let done = from; done < to; ) {
    const count = blockRows(size, to - done);
    const v = tf.keep(probeRows(seed, done, count, size));
    let product: tf.Tensor2D | null = null;
    try {
      product = tf.keep(await multiply(v));
      await visit(v, product);
    } finally {
      v.dispose();
      product?.dispose();
    }
    done += count;
  }
}
