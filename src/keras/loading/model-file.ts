import type {io} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../errors.js';
import {bytesOfWeights} from './weight-bytes.js';

/** A model as it is saved. */
export type SavedModel = io.ModelArtifacts;

/** The contents of a model.json. */
export interface ModelFile extends Pick<io.ModelJSON, 'weightsManifest'> {
  readonly modelTopology: object;
  readonly trainingConfig?: io.TrainingConfig;
}

/**
 * Reads the text of a model.json.
 *
 * @param path what messages call it.
 * @throws InvalidArgumentError if it is not a layers model.
 */
export function parseModel(bytes: Uint8Array, path: string): ModelFile {
  const kind = kindOf(bytes);
  if (kind !== null) {
    throw new InvalidArgumentError(
      `${path} is ${kind.what}, which must be converted first: ${conversion(kind.format, path)}; then name the model.json ` +
        'that it writes.',
    );
  }
  const json = parse(bytes, path);
  const {format, modelTopology, weightsManifest} = json;
  if (format === 'graph-model' || (modelTopology && 'node' in modelTopology)) {
    throw new InvalidArgumentError(
      `${path} is a graph model, which has no layers and cannot be trained; convert the Keras model with ` +
        '`tensorflowjs_converter --output_format tfjs_layers_model`.',
    );
  }
  if (typeof json.class_name === 'string' && 'config' in json) {
    throw new InvalidArgumentError(
      `${path} is only a topology, as model.to_json() writes it, without weights. Save the whole model with ` +
        `model.save("model.h5"), and convert that: ${conversion('keras', 'model.h5')}.`,
    );
  }
  if (typeof modelTopology !== 'object' || modelTopology === null || !isManifest(weightsManifest)) {
    throw new InvalidArgumentError(`${path} is not a saved model: it has no modelTopology and weightsManifest.`);
  }
  return {...json, modelTopology, weightsManifest};
}

function isManifest(value: unknown): value is io.WeightsManifestConfig {
  return (
    Array.isArray(value) &&
    value.every(
      (group: Partial<io.WeightsManifestConfig[number]> | null) =>
        Array.isArray(group?.weights) &&
        Array.isArray(group.paths) &&
        group.paths.every(each => typeof each === 'string'),
    )
  );
}

/**
 * The files of the weights, in their order, relative to the model's folder.
 *
 * @throws InvalidArgumentError if one is not in the folder: a model must not make a program read other files.
 */
export function shardsOf({weightsManifest}: ModelFile, path: string): readonly string[] {
  const shards = weightsManifest.flatMap(({paths}) => paths);
  const outside = shards.find(shard => /^([/\\]|[a-z]+:)|(^|[/\\])\.\.([/\\]|$)/i.test(shard));
  if (outside === undefined) return shards;
  throw new InvalidArgumentError(
    `${path} has weights in ${outside}, outside its own folder; put all files of the model into one folder.`,
  );
}

/**
 * The model with its weights, of which `shards` are the files.
 *
 * @param path what messages call the model.
 * @throws InvalidArgumentError if the files have another number of bytes than the model.json says.
 */
export function withWeights(
  {modelTopology, weightsManifest, trainingConfig}: ModelFile,
  shards: readonly Uint8Array[],
  path: string,
): SavedModel {
  const weightSpecs = weightsManifest.flatMap(group => group.weights);
  const weightData = joined(shards);
  const expected = bytesOfWeights(weightSpecs, path);
  if (expected !== null && expected !== weightData.byteLength) {
    throw new InvalidArgumentError(
      `${path} says that its weights have ${expected} bytes, and their files have ${weightData.byteLength}; save the ` +
        'model again, or copy all of its files.',
    );
  }
  return {
    modelTopology,
    weightSpecs,
    weightData,
    ...(trainingConfig && {trainingConfig}),
  };
}

/** The bytes of all parts, one after the other. */
export function joined(parts: readonly Uint8Array[]): ArrayBuffer {
  const all = new Uint8Array(parts.reduce((sum, {length}) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all.buffer;
}

interface Parsed extends Partial<Pick<io.ModelJSON, 'weightsManifest' | 'trainingConfig'>> {
  readonly format?: string;
  readonly modelTopology?: object | null;
  /** Present in a file that contains only a topology. */
  readonly class_name?: string;
}

function parse(bytes: Uint8Array, path: string): Parsed {
  try {
    return (JSON.parse(new TextDecoder().decode(bytes)) as Parsed | null) ?? {};
  } catch (error) {
    throw new InvalidArgumentError(`${path} is not JSON: ${oneLine((error as Error).message)}; name a model.json.`, {
      cause: error,
    });
  }
}

/** Recognizes other model formats by their first bytes. */
function kindOf(bytes: Uint8Array): {readonly what: string; readonly format: string} | null {
  const starts = (...signature: readonly number[]) => signature.every((byte, i) => bytes[i] === byte);
  if (starts(0x89, 0x48, 0x44, 0x46)) return {what: 'an HDF5 file of Keras (.h5)', format: 'keras'};
  if (starts(0x50, 0x4b, 0x03, 0x04)) return {what: 'a .keras file of Keras 3', format: 'keras_keras'};
  return null;
}

/** The command that converts a model to a layers model. */
export function conversion(format: string, path: string): string {
  return `\`tensorflowjs_converter --input_format ${format} --output_format tfjs_layers_model ${path} converted\``;
}

export function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
}
