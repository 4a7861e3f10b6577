import type {DataType} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** The part of a WebGPU device that tells of errors. */
export interface ErrorScopes {
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void;
  popErrorScope(): Promise<{readonly message: string} | null>;
  readonly lost: Promise<{readonly message: string}>;
}

/** The private members of the WebGPU backend that this package uses. */
interface GpuBackend {
  readonly device: ErrorScopes;
  readonly tensorMap: {get(dataId: object): {readonly dtype: DataType}};
  /** Holds what has run and has not been handed to the device yet. */
  readonly commandEncoder: object | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
  disposeData(dataId: object): boolean;
}

function gpuBackend(): GpuBackend {
  return tf.backend() as unknown as GpuBackend;
}

/** The WebGPU device in use; `null` on other engines. */
export function gpuDevice(): ErrorScopes | null {
  return tf.getBackend() === 'webgpu' ? gpuBackend().device : null;
}

/** Submits the commands that the WebGPU backend has collected to the device. */
export function submitCommands(): void {
  const backend = gpuBackend();
  if (backend.commandEncoder === null) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** The type of a tensor's buffer on WebGPU, which may differ from the tensor's. */
export function bufferType(dataId: object): DataType {
  return gpuBackend().tensorMap.get(dataId).dtype;
}

/** Frees the buffer of a kernel's result that is no tensor yet. */
export function disposeBuffer(dataId: object): void {
  gpuBackend().disposeData(dataId);
}
