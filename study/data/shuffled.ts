import {randomBits, uniform} from '../../src/random.js';

/** The numbers below n, in an order that depends only on the seed and the stream (Fisher & Yates). */
export function shuffled(n: number, seed: number, stream: number): number[] {
  const bits = randomBits(seed, stream);
  const order = Array.from({length: n}, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform(bits) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
