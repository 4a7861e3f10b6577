import * as tf from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import type {KernelRule, RuleFamily} from '../rule.js';
import {linear} from '../rule-constructors.js';
import {fold} from '../vmap.js';

/**
 * The transpose of an interpolation; only the shape of the image matters.
 *
 * Samples and probes go to the channels, since the plain JavaScript engine's kernels are only right for one sample.
 */
function transposed(kernel: string): KernelRule {
  return linear(['dy'], {
    map: call => {
      const [height, width] = call.shape('images').slice(1) as [number, number];
      return ({dy}, runner) => {
        const [rows, columns, channels] = call.shape('dy').slice(1) as [number, number, number];
        const maps = dy!.size / (rows * columns * channels);
        const side = (h: number, w: number) => [1, h, w, maps * channels];
        const folded = tf.reshape(
          tf.transpose(tf.reshape(dy!, [maps, rows * columns, channels]), [1, 0, 2]),
          side(rows, columns),
        );
        const [dx] = runKernel(kernel, {images: tf.zeros(side(height, width)), dy: folded}, call.attrs);
        const unfolded = tf.transpose(tf.reshape(dx!, [height * width, maps, channels]), [1, 0, 2]);
        return tf.reshape(unfolded, runner.shape(call.outputShape()));
      };
    },
  });
}

// Interpolation is linear in the image.
export const resizingRules: RuleFamily = {
  ResizeBilinear: linear(['images'], {vmap: fold('ResizeBilinear', 0, 0)}),
  ResizeNearestNeighbor: linear(['images'], {vmap: fold('ResizeNearestNeighbor', 0, 0)}),
  ResizeBilinearGrad: transposed('ResizeBilinearGrad'),
  ResizeNearestNeighborGrad: transposed('ResizeNearestNeighborGrad'),
  CropAndResize: linear(['image']),
};
