import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {type Attributes, engine} from '../tfjs-internals/core/engine.js';
import {isOnTape} from '../tfjs-internals/core/tape.js';
import {runFaster} from './native-kernels.js';

/** Kernels whose inputs are an array, not a map. */
const ARRAY_INPUT_KERNELS: ReadonlySet<string> = new Set(['Concat', 'Pack', 'AddN', 'Einsum']);

/** Runs a kernel through the engine; if a tape is on, the kernel is on it. */
export function runKernel(
  kernelName: string,
  inputs: Readonly<Record<string, Tensor>>,
  typedAttrs: object = {},
): Tensor[] {
  const attrs = typedAttrs as Attributes;
  const given = ARRAY_INPUT_KERNELS.has(kernelName) ? Object.values(inputs) : inputs;
  const fast = isOnTape() || listeners.size > 0 ? null : runFaster(kernelName, inputs, attrs);
  if (fast !== null) return [fast];
  const outputs = engine().runKernel(kernelName, given as NamedTensorMap, attrs);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** The recorders that are running: they know only the kernels of TensorFlow.js. */
const listeners = new Set<object>();

/**
 * Runs every kernel itself, never a faster equivalent.
 *
 * @returns ends that.
 */
export function runAsNamed(): () => void {
  const listener = {};
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
