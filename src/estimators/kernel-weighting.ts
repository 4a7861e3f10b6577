// The weighting that turns the trace of a layer's block into its relative flatness.
//
// For a layer f(W x) with the weights w_s of its neurons s, and the block H_ss' of the weights of two neurons,
//
//   κ = Σ_ss' ⟨w_s, w_s'⟩ tr H_ss' = tr (M H),   M = W Wᵀ ⊗ I on kernels, 0 elsewhere
//
// Source: Petzka, Kamp, Adilova, Sminchisescu & Boley (2021), definition 3.

import * as tf from '@tensorflow/tfjs-core';
import {turnIfDue} from '../event-loop.js';
import type {LayerSlice, WeightSlice} from '../operators/linear-operator.js';
import type {Weighting} from './krylov/weighted-trace.js';

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** A kernel as `[groups, features, neurons]`: the neurons of a group read the same features. */
interface Kernel {
  readonly slice: WeightSlice;
  readonly size: number;
  /** Its axes before they are put in order. */
  readonly axes: readonly [number, number, number];
  readonly isTransposed: boolean;
}

/** `null` for a weight that is no kernel: biases, the weights of normalizations, the slopes of PReLU. */
function kernelOf(slice: WeightSlice, className: string): Kernel | null {
  const {name, shape} = slice;
  const own = name.slice(name.lastIndexOf('/') + 1);
  if (shape.length < 2 || own.startsWith('alpha')) return null;
  const [before, last] = [shape.at(-2)!, shape.at(-1)!];
  // A depthwise kernel, [height, width, channels, multiplier], has a group for each channel. A transposed convolution's is
  // [height, width, neurons, channels].
  const isTransposed = /^Conv\dDTranspose$/.test(className);
  const split = isTransposed || own.startsWith('depthwise');
  const axes = split
    ? ([product(shape.slice(0, -2)), before, last] as const)
    : ([product(shape.slice(0, -1)), 1, last] as const);
  return {slice, size: product(shape), axes, isTransposed};
}

/** Rows `[p, size]` of a kernel's entries as `[p, groups, features, neurons]`. */
function toNeurons(rows: tf.Tensor, {axes: [a, b, c], isTransposed}: Kernel): tf.Tensor4D {
  const split = tf.reshape(rows, [-1, a, b, c]);
  return isTransposed
    ? tf.reshape(tf.transpose(split, [0, 1, 3, 2]), [-1, 1, a * c, b])
    : (tf.transpose(split, [0, 2, 1, 3]) as tf.Tensor4D);
}

/** The inverse of `toNeurons`. */
function toEntries(ordered: tf.Tensor, {axes: [a, b, c], size, isTransposed}: Kernel): tf.Tensor2D {
  const split = isTransposed
    ? tf.transpose(tf.reshape(ordered, [-1, a, c, b]), [0, 1, 3, 2])
    : tf.transpose(ordered, [0, 2, 1, 3]);
  return tf.reshape(split, [-1, size]);
}

/**
 * x Wᵀ W for the rows x of a kernel, kept: two products in the cheaper order. Other code gets its turn before each: either may take long.
 */
async function timesGram(x: tf.Tensor4D, w: tf.Tensor4D): Promise<tf.Tensor> {
  const [count, , features, neurons] = x.shape;
  const each = (matrix: tf.Tensor): tf.Tensor => tf.tile(matrix, [count, 1, 1, 1]);
  const isGramFirst = neurons <= features;
  await turnIfDue();
  const first = tf.tidy(() => tf.keep(isGramFirst ? tf.matMul(w, w, true, false) : tf.matMul(x, each(w), false, true)));
  try {
    await turnIfDue();
    return tf.tidy(() => tf.keep(isGramFirst ? tf.matMul(x, each(first)) : tf.matMul(first, each(w))));
  } finally {
    first.dispose();
  }
}

/**
 * The weighting of a layer's block, or `null` if the layer has no kernel.
 *
 * @param weights of the whole network, `[size]`; they must live as long as the weighting.
 */
export function kernelWeighting(layer: LayerSlice, weights: tf.Tensor1D): Weighting | null {
  const kernels = layer.weights.flatMap(slice => kernelOf(slice, layer.className) ?? []);
  if (kernels.length === 0) return null;
  return async rows => {
    const [count] = rows.shape;
    const parts: tf.Tensor2D[] = [];
    let done = 0;
    const skipTo = (at: number): void => {
      if (at > done) parts.push(tf.keep(tf.zeros([count, at - done])));
      done = at;
    };
    try {
      for (const kernel of kernels) {
        const {slice, size} = kernel;
        const at = slice.offset - layer.offset;
        skipTo(at);
        const [x, w] = tf.tidy(() => [
          tf.keep(toNeurons(tf.slice(rows, [0, at], [count, size]), kernel)),
          tf.keep(toNeurons(tf.slice(weights, [slice.offset], [size]), kernel)),
        ]) as [tf.Tensor4D, tf.Tensor4D];
        try {
          const image = await timesGram(x, w);
          parts.push(tf.tidy(() => tf.keep(toEntries(image, kernel))));
          image.dispose();
        } finally {
          tf.dispose([x, w]);
        }
        done = at + size;
      }
      skipTo(layer.size);
      return tf.keep(tf.concat<tf.Tensor2D>(parts, 1));
    } finally {
      tf.dispose(parts);
    }
  };
}
