import type {TensorFlow} from 'tfjs-hessian/node';
import {measureInBrowser} from '../engines/in-browser.js';
import {measureJaxJs} from '../engines/jax-js.js';
import {measureEngine} from '../engines/measure-engine.js';
import type {EngineRecord} from '../harness/record.js';

/** The engines beside the native one, and a library that a JavaScript user may take instead. */
export const otherEngines = ['wasm', 'webgl', 'webgpu', 'jax-js'] as const;

/** Measures H v, a penalized step and a sample of one MLP on another engine; in jax-js, the gradient and H v. */
export async function measureOtherEngine(
  tf: TensorFlow,
  engine: (typeof otherEngines)[number] | 'native',
  quick: boolean,
): Promise<EngineRecord> {
  if (engine === 'jax-js') return measureJaxJs({batchSize: 256, rounds: quick ? 5 : 15});
  // Software takes long for what a graphics card is made for.
  if (engine === 'webgl' || engine === 'webgpu')
    return measureInBrowser(engine, {batchSize: 32, rounds: 5, sampleSteps: 5});
  if (engine === 'native') return measureEngine({batchSize: 256, rounds: 30, sampleSteps: 10});
  const native = tf.getBackend();
  await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm'))) throw new Error('WebAssembly does not start');
  try {
    return await measureEngine({batchSize: 256, rounds: quick ? 3 : 7, sampleSteps: 10});
  } finally {
    await tf.setBackend(native);
  }
}
