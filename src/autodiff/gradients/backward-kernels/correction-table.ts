import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import type {Attributes} from '../../../tfjs-internals/core/engine.js';
import {averagePoolGradient} from './average-pool.js';
import type {Correction} from './correction.js';
import {maxPool3DGradient, maxPoolGradient} from './max-pool.js';
import {resizingGradient} from './resizing.js';
import {filterGradient, inputGradient} from './volume-convolution.js';

/** Backward kernels that some engines compute wrongly, by TensorFlow.js' name. */
export const backwardCorrections: Readonly<Record<string, Correction>> = {
  AvgPoolGrad: averagePoolGradient('AvgPoolGrad'),
  AvgPool3DGrad: averagePoolGradient('AvgPool3DGrad'),
  MaxPoolGrad: maxPoolGradient,
  MaxPool3DGrad: maxPool3DGradient,
  ResizeNearestNeighborGrad: resizingGradient('ResizeNearestNeighbor', ({shape}) => shape[0]! > 1),
  ResizeBilinearGrad: resizingGradient('ResizeBilinear', ({shape}) => shape[1] !== shape[2]),
  Conv3DBackpropInputV2: inputGradient,
  Conv3DBackpropFilterV2: filterGradient,
};

let correcting = false;

/**
 * What computes a kernel rightly; `null` where the engine's own does. Inside of it every kernel is the engine's own.
 *
 * While a gradient is recorded, or that of a penalty is taken, these run in the kernels' places, so that derivatives are those of
 * the loss. Training itself is left as it is.
 */
export function correctionOf(kernel: string, inputs: NamedTensorMap, attrs: Attributes): (() => Tensor[]) | null {
  if (correcting) return null;
  const correction = backwardCorrections[kernel];
  if (!correction?.isNeeded(inputs, attrs)) return null;
  return () => {
    correcting = true;
    try {
      return correction.compute(inputs, attrs);
    } finally {
      correcting = false;
    }
  };
}

/** Runs a kernel, rightly. */
export function runCorrected(kernel: string, inputs: NamedTensorMap, attrs: Attributes): Tensor[] {
  return correctionOf(kernel, inputs, attrs)?.() ?? runKernel(kernel, inputs, attrs);
}
