import {readdirSync, readFileSync} from 'node:fs';
import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {loadLayersModel} from '@tensorflow/tfjs-layers';
import type {Reference} from './reference-case.js';
import {compileReference} from './reference-case.js';

export type {Reference} from './reference-case.js';
export {referenceBatch, relativeError} from './reference-case.js';

const FOLDER = new URL('./reference/', import.meta.url);

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
  return compileReference(model, reference);
}
