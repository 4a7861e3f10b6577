import type {ProbeDistribution} from '../random.js';
import {deriveSeed, probeVector, randomBits, uniform} from '../random.js';

/** A block of a model's weights by its position. */
export type BlockKey = `${'layer' | 'weight'} ${number}`;

/** Identifies a random direction of a training. */
export interface ProbeAddress {
  /** The training step, from 1. */
  readonly step: number;
  /**
   * The block: `layer n` for the n-th of the model's layers with weights, frozen ones included, or `weight n` for the n-th
   * trainable weight of the model, both from 0. Names of layers are not used: TensorFlow.js makes default names from what the
   * process has built before.
   */
  readonly block: BlockKey;
  /** Which of the step's probes, from 0. */
  readonly index: number;
}

export interface ProbeDrawArgs {
  readonly seed: number;
  readonly distribution: ProbeDistribution;
  /** The probability that an entry is kept; 1 for all. */
  readonly keep: number;
}

/**
 * A random direction v with E vvᵀ = I, as one array for each of a block's weights. It depends on its arguments only.
 *
 * With keep < 1, v = m ∘ r / √keep. The mask m keeps each entry of a probe r with probability `keep`, so vᵀHv =
 * (m ∘ r)ᵀH(m ∘ r) / keep is an unbiased estimate of the trace (Liu, Yu & Lin 2023).
 */
function drawProbe(args: ProbeDrawArgs, address: ProbeAddress, sizes: readonly number[]): Float32Array[] {
  return sizes.map((size, weight) => drawPart(args, address, weight, size));
}

/** The part of `drawProbe` for one of the block's weights. */
export function drawPart(
  {seed, distribution, keep}: ProbeDrawArgs,
  {step, block, index}: ProbeAddress,
  weight: number,
  size: number,
): Float32Array {
  const own = deriveSeed(deriveSeed(seed, step, block), index);
  const v = probeVector(own, weight, size, distribution);
  return keep < 1 ? dropEntries(v, keep, deriveSeed(own, 'dropout'), weight) : v;
}

/** The same as one vector, the weights one after the other. */
export function joinedProbe(args: ProbeDrawArgs, address: ProbeAddress, sizes: readonly number[]): Float32Array {
  const parts = drawProbe(args, address, sizes);
  const whole = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function dropEntries(v: Float32Array, keep: number, seed: number, stream: number): Float32Array {
  const bits = randomBits(seed, stream);
  const scale = 1 / Math.sqrt(keep);
  return v.map(entry => (uniform(bits) < keep ? entry * scale : 0));
}
