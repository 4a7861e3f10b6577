import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {replaceGradient} from '../../tfjs-internals/core/registries.js';
import {undoAll} from '../../tfjs-internals/undo.js';

/** A gradient that has the same bits as TensorFlow.js' own and runs fewer or cheaper kernels. */
export interface FasterGradient extends GradConfig {
  /** Runs the kernel on ten numbers. */
  readonly forward: (x: Tensor) => Tensor;
}

export function replaceGradients(configs: readonly GradConfig[]): () => void {
  return undoAll(configs.map(replaceGradient));
}

const compared = new WeakMap<GradConfig, boolean>();

/** Whether the registered gradient has the bits of the faster one, at the kinks and on both sides of them. */
export function hasTheSameBits(config: FasterGradient): boolean {
  const registered = tf.getGradient(config.kernelName);
  // A custom bundle of TensorFlow.js may lack the gradient.
  if (registered === undefined) return false;
  let same = compared.get(registered);
  if (same === undefined) {
    const theirs = gradientOnProbe(config);
    const restore = replaceGradients([config]);
    try {
      const ours = gradientOnProbe(config);
      same = theirs.every((value, i) => Object.is(value, ours[i]));
    } finally {
      restore();
    }
    compared.set(registered, same);
  }
  return same;
}

function gradientOnProbe({forward}: FasterGradient): Float32Array {
  return tf.tidy(() => {
    const x = tf.tensor1d(PROBE);
    const {shape, size} = forward(x);
    const dy = tf.reshape(tf.tensor1d(PROBE_DY.slice(0, size)), shape);
    return tf.grad(forward)(x, dy).dataSync<'float32'>();
  });
}

const PROBE = [-7, -1e-30, -0, 0, 1e-30, 0.5, 3, 6, 6.5, Number.POSITIVE_INFINITY];
const PROBE_DY = PROBE.map((_, i) => (i % 3) - 1.25);
