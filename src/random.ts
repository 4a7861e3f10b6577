import {xoroshiro128plusFromState} from 'pure-rand/generator/xoroshiro128plus';

/** How the entries of a probe vector are drawn: ±1 with equal chance, or standard normal. */
export type ProbeDistribution = 'rademacher' | 'gaussian';

/** A source of 32 random bits a call. */
export interface RandomBits {
  next(): number;
}

/** MurmurHash3's finalizer: every input bit changes every output bit with a chance near one half. */
function mix(word: number): number {
  let h: number = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function absorb(state: number, word: number): number {
  return mix(Math.imul(state, 31) + mix(word + 0x9e3779b9));
}

function absorbKey(state: number, key: number | string): number {
  if (typeof key === 'number') {
    // Both halves of a number count, and so does its fraction: seeds up to 2^53 and seeds below 1 are all different.
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, key);
    return absorb(absorb(absorb(state, 1), bits.getInt32(0)), bits.getInt32(4));
  }
  let hash = absorb(state, 2 + key.length);
  for (let i = 0; i < key.length; i++) hash = absorb(hash, key.charCodeAt(i));
  return hash;
}

/**
 * A seed made of a seed and what the draw is for, so that parts of one computation draw independently.
 *
 * @example
 * const seedOfLayer = deriveSeed(seed, 'layer', 3);
 */
export function deriveSeed(seed: number, ...purpose: readonly (number | string)[]): number {
  return purpose.reduce<number>(absorbKey, absorbKey(0, seed)) >>> 0;
}

/** Random bits that depend on `(seed, stream)` only: two streams of one seed are independent. */
export function randomBits(seed: number, stream: number): RandomBits {
  // Four words of state from a hash, rather than `jump()`: a stream is reached at once, however many there are.
  const state: number[] = [1, 2, 3, 4].map(word => absorbKey(absorbKey(absorb(0, word), seed), stream));
  // The generator's one fixed point.
  if (!state.some(word => word !== 0)) state[0] = 1;
  return xoroshiro128plusFromState(state);
}

/** A number from the open interval (0, 1), on a grid of 2^-32. */
export function uniform(bits: RandomBits): number {
  return ((bits.next() >>> 0) + 0.5) / 0x100000000;
}

/**
 * A random vector of mean 0 and unit covariance that depends on its arguments only.
 *
 * `[size]`; two streams of the same seed are independent. A million entries take a few milliseconds for
 * `'rademacher'`, which uses all 32 bits of each draw, and about fifty for `'gaussian'` (Box & Muller, 1958).
 *
 * @example
 * const v = tf.tensor1d(probeVector(seed, 0, operator.size, 'rademacher'));
 */
export function probeVector(
  seed: number,
  stream: number,
  size: number,
  distribution: ProbeDistribution = 'rademacher',
): Float32Array {
  const bits = randomBits(seed, stream);
  const vector = new Float32Array(size);
  if (distribution === 'rademacher') {
    for (let i = 0; i < size; i += 32) {
      const word = bits.next();
      const end = Math.min(32, size - i);
      for (let j = 0; j < end; j++) vector[i + j] = (word >>> j) & 1 ? 1 : -1;
    }
    return vector;
  }
  for (let i = 0; i < size; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform(bits)));
    const angle = 2 * Math.PI * uniform(bits);
    vector[i] = radius * Math.cos(angle);
    if (i + 1 < size) vector[i + 1] = radius * Math.sin(angle);
  }
  return vector;
}
