import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {runKernel} from '../../../kernels/run-kernel.js';
import type {Attributes} from '../../../tfjs-internals/core/engine.js';
import {averagePoolGradient} from './average-pool.js';
import type {Correction} from './correction.js';
import {maxPool3DGradient, maxPoolGradient} from './max-pool.js';
import {resizingGradient} from './resizing.js';
import {filterGradient, inputGradient} from './volume-convolution.js';

/** Corrections of the backward kernels that some engines compute wrongly, by kernel name. */
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
 * The correct computation of a kernel call. It runs in place of the kernel while a gradient is recorded or the gradient of a
 * penalty is taken. Training itself is not changed.
 *
 * @returns `null` if the engine's own kernel is right, or if a correction is running: it uses the engine's own kernels.
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

/** Runs a kernel, corrected where the engine's own is wrong. */
export function runCorrected(kernel: string, inputs: NamedTensorMap, attrs: Attributes): Tensor[] {
  return correctionOf(kernel, inputs, attrs)?.() ?? runKernel(kernel, inputs, attrs);
}
