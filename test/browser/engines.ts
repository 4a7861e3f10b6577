import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
// tfjs-layers' default initializer of recurrent weights calls tensors' methods.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';

export type BrowserEngine = 'cpu' | 'webgl' | 'webgpu';

// Without a browser Node lists the tests; Node 20 has no navigator.
const inFirefox = typeof navigator !== 'undefined' && navigator.userAgent.includes('Firefox');

/** The engines that a page can train on. Firefox has no WebGPU on Linux. */
export const engines: readonly BrowserEngine[] = inFirefox ? ['cpu', 'webgl'] : ['cpu', 'webgl', 'webgpu'];

/** A missing one fails. */
export async function useEngine(name: BrowserEngine): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`Engine "${name}" is missing.`);
  await tf.ready();
  // On WebGL TensorFlow.js takes 1e-4 for the least number, in whatever precision; the references' losses have 1e-7.
  if (name === 'webgl') tf.backend().epsilon = () => 1e-7;
}
