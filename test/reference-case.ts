import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../src/model/batch.js';

interface ArrayRecord {
  readonly shape: number[];
  readonly data: number[];
}

/** What is known of a symmetric matrix, in float64. */
export interface DenseSpectrum {
  readonly parameters: number;
  readonly trace: number;
  readonly frobenius: number;
  /** Descending. */
  readonly eigenvalues: number[];
}

/** Exact second derivatives of a small model, computed by Keras in float64 (`reference/make_references.py`). */
export interface Reference {
  readonly losses: string[];
  readonly training: boolean;
  readonly x: ArrayRecord[];
  readonly y: ArrayRecord[];
  readonly sampleWeight: (number[] | null)[] | null;
  readonly layers: Record<string, string[]>;
  readonly loss: number;
  readonly gradient: number[];
  readonly hvp: {readonly vector: number[]; readonly product: number[]};
  readonly full: DenseSpectrum;
  readonly perLayer: Record<string, DenseSpectrum>;
  readonly coupling: Record<string, Record<string, number>>;
  readonly gaussNewton?: {
    readonly product: number[];
    readonly full: DenseSpectrum;
    readonly perLayer: Record<string, DenseSpectrum>;
  };
  readonly empiricalFisher?: {readonly product: number[]; readonly trace: number};
  readonly penalty?: {
    readonly layer: string;
    readonly probe: number[];
    readonly quadraticForm: number;
    readonly quadraticFormGradient: number[];
    readonly traceGradient: number[];
  };
}

/** Compiles a reference's model with its losses. */
export function compileReference(model: LayersModel, {losses}: Reference): LayersModel {
  model.compile({optimizer: 'sgd', loss: losses.length === 1 ? losses[0]! : losses});
  return model;
}

/** A reference's data; the caller owns the tensors. */
export function referenceBatch(reference: Reference): Batch & {x: Tensor[]; y: Tensor[]} {
  const tensors = (records: ArrayRecord[]) => records.map(({shape, data}) => tf.tensor(data, shape, 'float32'));
  return {
    x: tensors(reference.x),
    y: tensors(reference.y),
    training: reference.training,
    ...(reference.sampleWeight && {
      // An output without weights weighs each sample the same.
      sampleWeight: reference.sampleWeight.map(weights =>
        tf.tensor1d(weights ?? Array(reference.x[0]!.shape[0]!).fill(1)),
      ),
    }),
  };
}

/** ‖a − b‖ / ‖b‖; 0 where both are zero. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}
