import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

/** The engines that every numerical test runs on. A missing one fails. */
export const engines = (process.env.TEST_ENGINES === 'cpu' ? ['cpu'] : ['native', 'cpu']) as readonly (
  | 'native'
  | 'cpu'
)[];
export type EngineName = (typeof engines)[number] | 'wasm';

export async function useEngine(name: EngineName): Promise<void> {
  if (name === 'native') await import('@tensorflow/tfjs-node-gpu');
  if (name === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend(name === 'native' ? 'tensorflow' : name))) throw new Error(`Engine "${name}" is missing.`);
  await tf.ready();
}
