import {xoroshiro128plusFromState} from 'pure-rand/generator/xoroshiro128plus';

/** The distribution of a probe vector's entries: 1 and −1 with equal probability, or standard normal. */
export type ProbeDistribution = 'rademacher' | 'gaussian';

/** A source of random bits: 32 per call. */
export interface RandomBits {
  next(): number;
}

/** MurmurHash3's finalizer: every input bit changes every output bit with a probability near one half. */
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
    // Uses all 64 bits of the number, so that seeds up to 2^53 and seeds below 1 are all different.
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, key);
    return absorb(absorb(absorb(state, 1), bits.getInt32(0)), bits.getInt32(4));
  }
  let hash = absorb(state, 2 + key.length);
  for (let i = 0; i < key.length; i++) hash = absorb(hash, key.charCodeAt(i));
  return hash;
}

/**
 * Derives a seed for one purpose, so that the parts of a computation draw independent numbers.
 *
 * @example
 * const seedOfLayer = deriveSeed(seed, 'layer', 3);
 */
export function deriveSeed(seed: number, ...purpose: readonly (number | string)[]): number {
  return purpose.reduce<number>(absorbKey, absorbKey(0, seed)) >>> 0;
}

/** Random bits that depend only on `(seed, stream)`. Two streams of one seed are independent. */
export function randomBits(seed: number, stream: number): RandomBits {
  // A hash gives the four words of state. `jump()` would take time proportional to the stream's number.
  const state: number[] = [1, 2, 3, 4].map(word => absorbKey(absorbKey(absorb(0, word), seed), stream));
  // All zeros is the generator's only fixed point.
  if (!state.some(word => word !== 0)) state[0] = 1;
  return xoroshiro128plusFromState(state);
}

/** A uniform number from the open interval (0, 1), on a grid of 2^-32. */
export function uniform(bits: RandomBits): number {
  return ((bits.next() >>> 0) + 0.5) / 0x100000000;
}

/**
 * A random vector with mean 0 and unit covariance that depends only on its arguments.
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
      // 1 or −1. A branch on a random bit would take five times as long.
      for (let j = 0; j < end; j++) vector[i + j] = (((word >>> j) & 1) << 1) - 1;
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
