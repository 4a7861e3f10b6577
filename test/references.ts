import {readdirSync, readFileSync} from 'node:fs';
import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {loadLayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../src/model/batch.js';

const FOLDER = new URL('./reference/', import.meta.url);

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

export const referenceNames: readonly string[] = readdirSync(FOLDER, {withFileTypes: true})
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name);

export function readReference(name: string): Reference {
  return JSON.parse(readFileSync(new URL(`${name}/reference.json`, FOLDER), 'utf8')) as Reference;
}

/** A reference's model, compiled. */
export async function loadReferenceModel(name: string, reference: Reference): Promise<LayersModel> {
  const folder = new URL(`${name}/`, FOLDER);
  const {modelTopology, weightsManifest} = JSON.parse(readFileSync(new URL('model.json', folder), 'utf8')) as {
    modelTopology: object;
    weightsManifest: {weights: tf.io.WeightsManifestEntry[]}[];
  };
  const weights = readFileSync(new URL('weights.bin', folder));
  const model = await loadLayersModel({
    load: () =>
      Promise.resolve({
        modelTopology,
        weightSpecs: weightsManifest.flatMap(group => group.weights),
        weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer,
      }),
  });
  model.compile({optimizer: 'sgd', loss: reference.losses.length === 1 ? reference.losses[0]! : reference.losses});
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
