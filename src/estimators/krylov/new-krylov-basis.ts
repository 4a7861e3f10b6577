import {EngineKrylovBasis} from './engine-krylov-basis.js';
import type {KrylovBasis} from './krylov-basis.js';
import {NumberKrylovBasis} from './number-krylov-basis.js';

/** Up to this length, orthogonalization is faster in JavaScript than with an engine's ops. */
const SHORT_VECTOR = 4096;

/** `count` bases of vectors of length `size`, as arrays or as tensors, whichever is faster; the caller owns them. */
export function newKrylovBasis(count: number, size: number): KrylovBasis {
  return size <= SHORT_VECTOR ? new NumberKrylovBasis(count, size) : new EngineKrylovBasis(count, size);
}
