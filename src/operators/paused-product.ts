import type {Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import type {Work} from '../long-work.js';
import {hasParts, type LinearOperator, type MatvecOperator} from './linear-operator.js';

/** A v as a unit of long work, which is paused before it. The caller owns it. */
export async function pausedProduct(op: MatvecOperator, v: Tensor1D, work: Work): Promise<Tensor1D> {
  await work.pause();
  const product = hasParts(op) ? await op.multiplyInParts(v, done => work.pause(done)) : op.matvec(v);
  work.count(1);
  return product as Tensor1D;
}

/** A V for k columns as k units of long work. The caller owns it. */
export async function pausedProducts(op: LinearOperator, V: Tensor2D, work: Work): Promise<Tensor2D> {
  const k = V.shape[1];
  await work.pause();
  const product = hasParts(op) ? await op.multiplyInParts(V, done => work.pause(done * k)) : op.matmat(V);
  work.count(k);
  return product as Tensor2D;
}
