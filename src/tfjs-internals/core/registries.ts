import type {GradConfig, KernelConfig} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {replaceIn} from '../patch.js';
import type {Undo} from '../undo.js';

const gradients = {};
const kernels = {};

/** The registered gradient of a kernel; `undefined` where it has none, as in a bundle of chosen kernels. */
export function registeredGradient(kernelName: string): GradConfig | undefined {
  return tf.getGradient(kernelName);
}

/** Replaces the registered gradient of a kernel, for all code. The tape looks it up when the kernel runs. */
export function replaceGradient(gradient: GradConfig): Undo {
  const {kernelName} = gradient;
  return replaceIn(gradients, kernelName, gradient, {
    read: () => registeredGradient(kernelName),
    write(config) {
      if (config === undefined) tf.unregisterGradient(kernelName);
      else tf.registerGradient(config);
    },
  });
}

/** Replaces a backend's kernel, for all code. */
export function replaceKernel(kernel: KernelConfig): Undo {
  const {kernelName, backendName} = kernel;
  return replaceIn(kernels, `${backendName} ${kernelName}`, kernel, {
    read: () => tf.getKernel(kernelName, backendName),
    write(config) {
      // Registering over a kernel warns.
      if (tf.getKernel(kernelName, backendName) !== undefined) tf.unregisterKernel(kernelName, backendName);
      if (config !== undefined) tf.registerKernel(config);
    },
  });
}

/** Registers a kernel under a name of our own, unless it is there. It stays registered. */
export function addKernel(kernel: KernelConfig): void {
  if (tf.getKernel(kernel.kernelName, kernel.backendName) === undefined) tf.registerKernel(kernel);
}
