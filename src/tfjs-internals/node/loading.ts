import type * as core from '@tensorflow/tfjs-core';
import {patch} from '../patch.js';
import {type Undo, undoAll} from '../undo.js';

// Loads no TensorFlow.js itself: these functions run before and while it is loaded.

/** Two functions of `node:util` that the native packages call. Node 23 removed them; Node 22 warns of them. */
interface RemovedFunctions {
  isNullOrUndefined?(value: unknown): boolean;
  isArray?(value: unknown): boolean;
}

/** Lets the native packages load in every version of Node, with libtensorflow's errors as its only logs. */
export function prepareForNative(util: RemovedFunctions): Undo {
  const {env} = process;
  return undoAll([
    patch(util, {isNullOrUndefined: value => value === null || value === undefined, isArray: Array.isArray}),
    // libtensorflow reads it when it is loaded.
    env.TF_CPP_MIN_LOG_LEVEL === undefined ? patch(env, {TF_CPP_MIN_LOG_LEVEL: '2'}) : () => {},
  ]);
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
