import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {replaceKernel} from '../../tfjs-internals/core/registries.js';
import {bufferType, disposeBuffer} from '../../tfjs-internals/core/webgpu.js';
import {undoAll} from '../../tfjs-internals/undo.js';

/** Kernels that transpose their input with a shader that reads only floats. */
const MOVING = ['Transpose', 'Sum', 'Mean', 'Max', 'Min', 'Prod'];

const BACKEND = 'webgpu';

/**
 * Lets kernels on WebGPU transpose masks.
 *
 * On WebGPU a mask that was cast to floats is still in a buffer of integers. The transpose shader cannot read that buffer: the
 * device rejects it, and the result is undefined. Multiplication by one copies the mask to a buffer of floats. On other
 * engines, and for other tensors, nothing changes.
 *
 * @returns undoes it.
 */
export function moveMasks(): () => void {
  const multiply = tf.getBackend() === BACKEND ? tf.getKernel('Multiply', BACKEND) : undefined;
  if (!multiply) return () => {};
  const undo = MOVING.flatMap(name => {
    const own = tf.getKernel(name, BACKEND);
    if (!own || ours.has(own)) return [];
    return [replaceKernel(replacementOf(own, multiply))];
  });
  return undoAll(undo);
}

const replacements = new WeakMap<KernelConfig, KernelConfig>();
const ours = new WeakSet<KernelConfig>();

function replacementOf(own: KernelConfig, multiply: KernelConfig): KernelConfig {
  let replacement = replacements.get(own);
  if (replacement === undefined) {
    replacement = onFloats(own, multiply);
    replacements.set(own, replacement);
    ours.add(replacement);
  }
  return replacement;
}

/** The same kernel, reading `x` from a buffer of floats. */
function onFloats(own: KernelConfig, multiply: KernelConfig): KernelConfig {
  return {
    ...own,
    kernelFunc(args) {
      const x = args.inputs.x as TensorInfo;
      if (x.dtype !== 'float32' || bufferType(x.dataId) === 'float32') return own.kernelFunc(args);
      const one = tf.scalar(1);
      const floats = multiply.kernelFunc({...args, inputs: {a: x, b: one}, attrs: {}}) as TensorInfo;
      const result = own.kernelFunc({...args, inputs: {...args.inputs, x: floats}});
      disposeBuffer(floats.dataId);
      one.dispose();
      return result;
    },
  };
}
