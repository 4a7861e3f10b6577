import type {ProbeDistribution} from '../random.js';
import {deriveSeed, probeVector, randomBits, uniform} from '../random.js';

/** A block of a model's weights by its position. */
export type BlockKey = `${'layer' | 'weight'} ${number}`;

/** Which random direction of a training is meant. */
export interface ProbeAddress {
  /** The training step, from 1. */
  readonly step: number;
  /**
   * The block it is a direction of: `layer n` for the n-th of the model's layers that own weights, frozen ones counted, or
   * `weight n` for the n-th trainable weight of the model, both from 0. No name of a layer: TensorFlow.js makes names up
   * from what the process has built before.
   */
  readonly block: BlockKey;
  /** Which of the step's probes, from 0. */
  readonly index: number;
}

export interface ProbeDrawArgs {
  readonly seed: number;
  readonly distribution: ProbeDistribution;
  /** The share of entries that stay, or 1. */
  readonly keep: number;
}

/**
 * A random direction v with E vvᵀ = I, as one array for each of a block's weights. It depends on its arguments only.
 *
 * With keep < 1, v = m ∘ r / √keep: entries of a probe r are dropped by a mask m of independent draws with that chance, so
 * that vᵀHv = (m ∘ r)ᵀH(m ∘ r) / keep stays an unbiased estimate of the trace (Liu, Yu & Lin 2023).
 */
export function drawProbe(
  {seed, distribution, keep}: ProbeDrawArgs,
  {step, block, index}: ProbeAddress,
  sizes: readonly number[],
): Float32Array[] {
  const own = deriveSeed(deriveSeed(seed, step, block), index);
  return sizes.map((size, weight) => {
    const v = probeVector(own, weight, size, distribution);
    return keep < 1 ? dropEntries(v, keep, deriveSeed(own, 'dropout'), weight) : v;
  });
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
