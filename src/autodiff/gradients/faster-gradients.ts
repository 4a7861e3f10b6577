import type {GradConfig, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {replaceGradient} from '../../tfjs-internals/core/registries.js';
import {undoAll} from '../../tfjs-internals/undo.js';
import {replaceTileGradient, tileGradient} from './tile-gradient.js';

/** A gradient that has the same bits as TensorFlow.js' own and runs fewer or cheaper kernels. */
interface FasterGradient extends GradConfig {
  readonly forward: (x: Tensor) => Tensor;
}

const sameBits: readonly FasterGradient[] = [
  {
    // dy step(x) = dy sign(y), since y ≥ 0. On the native engine `step` is a chain of ops, `sign` is one op.
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
 * Replaces some gradients of TensorFlow.js by faster ones, for all models, until it is undone.
 *
 * The gradients of relu and relu6 have the same bits. They are faster on the native engine: the training step of a small CNN
 * takes about two thirds of the time (`docs/performance.md`). The gradient of `tile`, which layer normalization runs for its
 * weights, adds the same terms in another order, so it differs by float32 rounding. It is faster on every engine: the step of
 * a transformer block takes about a quarter of the time on the native engine (`docs/speed.md`).
 *
 * @returns undoes it.
 * @example
 * const undo = fasterGradients();
 * await model.fit(x, y);
 * undo();
 */
export function fasterGradients(): () => void {
  return replaceGradients([...sameBits, tileGradient]);
}

/**
 * As `fasterGradients`, but only where results change by no more than rounding: `tile` on every engine; relu and relu6 on the
 * native engine. Gradients that a user has registered are kept.
 *
 * @returns undoes it.
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

/** Whether the registered gradient has the bits of the faster one, at the kinks and on both sides of them. */
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
