import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {replaceGradient} from '../../tfjs-internals/core/registries.js';
import {undoAll} from '../../tfjs-internals/undo.js';
import {replaceTileGradient, tileGradient} from './tile-gradient.js';

/** A gradient with the same bits as TensorFlow.js' own, from fewer or cheaper kernels. */
interface FasterGradient extends GradConfig {
  readonly forward: (x: Tensor) => Tensor;
}

const sameBits: readonly FasterGradient[] = [
  {
    // dy step(x) = dy sign(y): `step` is a chain of ops on the native engine, `sign` of what is never negative one.
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({x: () => tf.mul(dy as Tensor, tf.sign(y!))}),
    forward: tf.relu,
  },
  {
    // dy [x ≤ 6] step(x)
    kernelName: 'Relu6',
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, [x, y]) => ({
      x: () => tf.mul(dy as Tensor, tf.mul(tf.cast(tf.lessEqual(x!, 6), 'float32'), tf.sign(y!))),
    }),
    forward: tf.relu6,
  },
];

/**
 * Replaces some of TensorFlow.js' gradients by ones that take less time, for all models until undone.
 *
 * Those of relu and relu6 have the same bits, and pay on the native engine: a small CNN's training step takes about two
 * thirds of its time (`docs/performance.md`). That of `tile`, which layer normalization runs on all its weights, adds up the
 * same terms in another order, so it is the same up to float32's rounding; it pays on every engine: a transformer block's
 * step takes about a quarter of its time on the native one (`docs/speed.md`).
 *
 * @returns what undoes it.
 * @example
 * const undo = fasterGradients();
 * await model.fit(x, y);
 * undo();
 */
export function fasterGradients(): () => void {
  return replaceGradients([...sameBits, tileGradient]);
}

/**
 * The same where it changes no more than a rounding: `tile` on every engine, and on the native one what has the same bits
 * there. A gradient that somebody has registered to train by stays.
 */
export function fasterGradientsUnnoticed(): () => void {
  return undoAll([
    replaceTileGradient(),
    replaceGradients(tf.getBackend() === 'tensorflow' ? sameBits.filter(hasTheSameBits) : []),
  ]);
}

function replaceGradients(configs: readonly GradConfig[]): () => void {
  return undoAll(configs.map(replaceGradient));
}

const compared = new WeakMap<GradConfig, boolean>();

/** Whether the gradient that is registered gives what the faster one does, at the joints and on either side of them. */
function hasTheSameBits(config: FasterGradient): boolean {
  const registered = tf.getGradient(config.kernelName);
  let same = compared.get(registered);
  if (same === undefined) {
    const gradient = () => tf.tidy(() => tf.grad(config.forward)(tf.tensor1d(PROBE), tf.tensor1d(PROBE_DY)).dataSync());
    const theirs = gradient();
    const restore = replaceGradients([config]);
    try {
      const ours = gradient();
      same = theirs.every((value, i) => Object.is(value, ours[i]));
    } finally {
      restore();
    }
    compared.set(registered, same);
  }
  return same;
}

const PROBE = [-7, -1e-30, -0, 0, 1e-30, 0.5, 3, 6, 6.5, Number.POSITIVE_INFINITY];
const PROBE_DY = PROBE.map((_, i) => (i % 3) - 1.25);
