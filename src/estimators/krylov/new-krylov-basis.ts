import {EngineKrylovBasis} from './engine-krylov-basis.js';
import type {KrylovBasis} from './krylov-basis.js';
import {NumberKrylovBasis} from './number-krylov-basis.js';

/** Up to this length vectors are taken out of one another sooner in JavaScript than by an engine's ops. */
const SHORT_VECTOR = 4096;

/** Bases for `count` chains of vectors of length `size`, where such vectors are best kept; the caller owns them. */
export function newKrylovBasis(count: number, size: number): KrylovBasis {
  return size <= SHORT_VECTOR ? new NumberKrylovBasis(count, size) : new EngineKrylovBasis(count, size);
}
