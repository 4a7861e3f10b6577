/// <reference types="vite/client" />
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {loadLayersModel} from '@tensorflow/tfjs-layers';
import type {Reference} from '../reference-case.js';
import {compileReference} from '../reference-case.js';

const files = import.meta.glob<Reference>('../reference/*/reference.json', {import: 'default'});
const nameOf = (path: string): string => path.split('/').at(-2)!;

/** All float64 references, by name. */
export const referenceNames: readonly string[] = Object.keys(files).map(nameOf);

export function readReference(name: string): Promise<Reference> {
  return files[`../reference/${name}/reference.json`]!();
}

/** A reference's model, compiled, as a page loads one: from its address. */
export async function loadReferenceModel(name: string, reference: Reference): Promise<LayersModel> {
  return compileReference(await loadLayersModel(`/test/reference/${name}/model.json`), reference);
}
