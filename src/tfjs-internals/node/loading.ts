import type * as core from '@tensorflow/tfjs-core';
import {patch} from '../patch.js';
import {type Undo, undoAll} from '../undo.js';

// Loads no TensorFlow.js itself: these functions run before and while it is loaded.

/** Two functions of `node:util` that the native packages call. Node 23 removed them; Node 22 warns of them. */
interface RemovedFunctions {
  isNullOrUndefined?(value: unknown): boolean;
  isArray?(value: unknown): boolean;
}

/**
 * Lets the native packages load in every version of Node, with libtensorflow's errors as its only logs, and with float32
 * products on GPUs.
 *
 * @param tf32 leaves TF32, the default of GPUs, on: matrix products and convolutions then round their factors to 10 bits.
 */
export function prepareForNative(util: RemovedFunctions, {tf32}: {readonly tf32: boolean}): Undo {
  return undoAll([
    patch(util, {isNullOrUndefined: value => value === null || value === undefined, isArray: Array.isArray}),
    // libtensorflow reads it when it is loaded.
    setUnlessSet('TF_CPP_MIN_LOG_LEVEL', '2'),
    // CUDA's libraries read it when they are loaded, at the first operation on a GPU.
    tf32 ? () => {} : setUnlessSet('NVIDIA_TF32_OVERRIDE', '0'),
  ]);
}

function setUnlessSet(name: string, value: string): Undo {
  return process.env[name] === undefined ? patch(process.env, {[name]: value}) : () => {};
}

/** Keeps the plain JavaScript backend from printing a banner that advertises the native packages. */
export function withoutBanner(backend: ReturnType<typeof core.backend>): Undo {
  return patch(backend as {firstUse?: boolean}, {firstUse: false});
}

/** What a loaded native package computes with. */
export function nativeLibrary(backend: ReturnType<typeof core.backend>): {usesGpu: boolean; version: string} {
  const {isUsingGpuDevice, binding} = backend as unknown as {
    readonly isUsingGpuDevice: boolean;
    readonly binding: {readonly TF_Version: string};
  };
  return {usesGpu: isUsingGpuDevice, version: binding.TF_Version};
}
