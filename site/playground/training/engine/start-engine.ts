import * as tf from '@tensorflow/tfjs-core';
import type {EngineFailure} from '../../messages.js';
import type {EngineName, Settings} from '../../settings.js';
import type {ChosenEngine, Fitness} from './first-that-works.js';
import {firstThatWorks} from './first-that-works.js';
import {fitnessOfWebGl, fitnessOfWebGpu} from './graphics.js';
import {errorOfKnownProduct, MOST_ERROR} from './known-product.js';

/** What makes an engine known to TensorFlow.js. Each is fetched only if it is tried. */
const loads: Readonly<Record<EngineName, () => Promise<unknown>>> = {
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  async wasm() {
    const {setWasmPaths} = await import('@tensorflow/tfjs-backend-wasm');
    const {wasmFiles} = await import('../wasm-files.js');
    setWasmPaths(wasmFiles);
  },
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
};

/**
 * Starts the wanted engine, or the best one that this browser has. Before it is used, it must compute a product of a known Hessian.
 *
 * @param hasConvolutions whether the model has convolutions, which `wasm` cannot train.
 * @param failures of engines in this training so far.
 * @throws Error if none works.
 */
export async function startEngine(
  wanted: Settings['engine'],
  hasConvolutions: boolean,
  failures: readonly EngineFailure[],
): Promise<ChosenEngine> {
  const fitness: Record<EngineName, Fitness> = {
    webgpu: await fitnessOfWebGpu(),
    webgl: fitnessOfWebGl(),
    wasm: hasConvolutions ? {kind: 'impossible', why: 'it cannot train convolutions'} : {kind: 'fit'},
    cpu: {kind: 'fit'},
  };
  for (const {engine, why} of failures) fitness[engine] = {kind: 'impossible', why};
  return firstThatWorks(wanted, fitness, whyNot);
}

/** Starts an engine and checks it. @returns `null`, or why it cannot be used. */
async function whyNot(name: EngineName): Promise<string | null> {
  try {
    await loads[name]();
    if (!(await tf.setBackend(name))) return 'it could not be started';
    await tf.ready();
    const error = await errorOfKnownProduct();
    if (error <= MOST_ERROR) return null;
    return `a product that is known comes out with a relative error of ${error.toPrecision(2)}`;
  } catch (error) {
    return (error as Error).message.replace(/\.$/, '');
  }
}
