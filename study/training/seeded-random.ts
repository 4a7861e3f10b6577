import {randomBits, uniform} from '../../src/random.js';

/**
 * Makes `Math.random` start anew from a seed, which is what TensorFlow.js draws dropout's masks with. (A seed in a dropout
 * layer's configuration would give the same mask in every step.)
 */
export function seedMathRandom(seed: number): void {
  const bits = randomBits(seed, 0);
  Math.random = () => uniform(bits);
}
