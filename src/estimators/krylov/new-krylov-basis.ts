import * as tf from '@tensorflow/tfjs-core';
import {nativeBackend} from '../../tfjs-internals/node/backend.js';
import {OrthonormalRows} from '../linalg/orthonormal-rows.js';
import type {RowBasis} from '../linalg/row-basis.js';
import {SimdRows} from '../linalg/simd-rows.js';
import {EngineKrylovBasis} from './engine-krylov-basis.js';
import type {KrylovBasis} from './krylov-basis.js';
import {NumberKrylovBasis} from './number-krylov-basis.js';

/** Up to this length, vectors are float64 arrays. */
const SHORT_VECTOR = 4096;

/** Up to this length, vectors are float32 arrays if the engine is on the CPU. Longer ones pay for the engine's threads. */
const MEDIUM_VECTOR = 2 ** 16;

/** `count` bases of vectors of length `size`, as arrays or as tensors, whichever is faster; the caller owns them. */
export function newKrylovBasis(count: number, size: number): KrylovBasis {
  const make = rowsOf(size);
  return make === null ? new EngineKrylovBasis(count, size) : new NumberKrylovBasis(count, size, make);
}

function rowsOf(size: number): (() => RowBasis) | null {
  if (size <= SHORT_VECTOR) {
    return SimdRows.isSupported('float64') ? () => new SimdRows(size, 'float64') : () => new OrthonormalRows(size);
  }
  const isMedium = size <= MEDIUM_VECTOR && isOnProcessor() && SimdRows.isSupported('float32');
  return isMedium ? () => new SimdRows(size, 'float32') : null;
}

/** Whether tensors are in the main memory, so that reading them is cheap. */
function isOnProcessor(): boolean {
  const name = tf.getBackend();
  return name === 'cpu' || name === 'wasm' || nativeBackend()?.isUsingGpuDevice === false;
}
