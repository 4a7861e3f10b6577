import type {Tensor2D} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {EigenvalueDecomposition, Matrix} from 'ml-matrix';
import type {Batch, LinearOperator, NetworkOperator} from 'tfjs-hessian';
import {gaussNewton, hessian} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import {readSmallMnist, smallNetwork, train} from '../../examples/concepts/small-network.js';
import type {Examples} from '../../examples/mnist/data.js';

/** The network of the pictures: trained, and so small that everything can also be computed exactly. */
export interface Subject {
  readonly tf: TensorFlow;
  readonly model: LayersModel;
  /** 2,000 images that it was trained on. */
  readonly data: Examples;
  readonly batch: Batch;
  readonly H: NetworkOperator;
  readonly G: NetworkOperator;
  /** The Hessian as a matrix. */
  readonly matrix: Tensor2D;
  /** Its eigenvalues, descending. */
  readonly eigenvalues: readonly number[];
}

export async function makeSubject(tf: TensorFlow): Promise<Subject> {
  const {train: data} = readSmallMnist(tf, {training: 2000, test: 0});
  const model = smallNetwork(tf);
  await train(model, data, 20);
  const batch = {x: data.x, y: data.y};
  const H = await hessian(model, batch);
  const G = await gaussNewton(model, batch);
  const matrix = dense(tf, H);
  return {tf, model, data, batch, H, G, matrix, eigenvalues: eigenvaluesOf(matrix)};
}

/** All columns of an operator. */
export function dense(tf: TensorFlow, op: LinearOperator): Tensor2D {
  return tf.tidy(() => {
    const width = 64;
    const identity = tf.eye(op.size);
    const blocks = Array.from({length: Math.ceil(op.size / width)}, (_, i) =>
      op.matmat(tf.slice(identity, [0, i * width], [-1, Math.min(width, op.size - i * width)])),
    );
    return tf.concat(blocks, 1);
  });
}

/** All eigenvalues in float64, descending. */
export function eigenvaluesOf(matrix: Tensor2D): number[] {
  const A = new Matrix(matrix.arraySync());
  const symmetric = Matrix.add(A, A.transpose()).mul(0.5);
  const {realEigenvalues} = new EigenvalueDecomposition(symmetric, {assumeSymmetric: true});
  return [...realEigenvalues].sort((a, b) => b - a);
}

export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
