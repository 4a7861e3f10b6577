import type {Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import type {Attributes} from '../../../tfjs-internals/core/engine.js';
import type {Correction, Shaped} from './correction.js';

/**
 * The gradient of resizing as two matrix products.
 *
 * Resizing is y = A x Bᵀ for each channel x, so the gradient is Aᵀ dy B. The forward kernel applied to the identity matrix
 * gives A and B. No engine's own gradient supports `halfPixelCenters`. The plain JavaScript engine's gradients are wrong for
 * batches (nearest neighbour) and for images that are not square (bilinear).
 */
export const resizingGradient = (
  forward: 'ResizeBilinear' | 'ResizeNearestNeighbor',
  isWrongOnCpu: (images: Shaped) => boolean,
): Correction => ({
  isNeeded: ({images}, {halfPixelCenters}) =>
    halfPixelCenters === true || (tf.getBackend() === 'cpu' && isWrongOnCpu(images!)),
  compute: ({images, dy}, attrs) => {
    const [batch, height, width, channels] = images!.shape as [number, number, number, number];
    const [, rows, columns] = dy!.shape as [number, number, number, number];
    const byRows = tf.reshape(tf.transpose(dy!, [1, 0, 2, 3]), [rows, batch * columns * channels]);
    const narrowed = tf.matMul(weights(forward, height, rows, attrs), byRows as Tensor2D, true);
    const lines = tf.transpose(tf.reshape(narrowed, [height, batch, columns, channels]), [2, 1, 0, 3]);
    const byColumns = tf.reshape(lines, [columns, batch * height * channels]);
    const dx = tf.matMul(weights(forward, width, columns, attrs), byColumns as Tensor2D, true);
    return [tf.transpose(tf.reshape(dx, [width, batch, height, channels]), [1, 2, 0, 3])];
  },
});

/** `[to, from]`: the interpolation weight of each input pixel in each output pixel of a line. */
function weights(forward: string, from: number, to: number, attrs: Attributes): Tensor2D {
  const images = tf.reshape(tf.eye(from), [1, from, 1, from]);
  const [resized] = runKernel(forward, {images}, {...attrs, size: [to, 1]});
  return tf.reshape(resized!, [to, from]);
}
