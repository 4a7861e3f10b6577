import {existsSync, readFileSync, statSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import type {io} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../../errors.js';

/** A model as it is saved on disk. */
export type SavedModel = io.ModelArtifacts;

/**
 * Reads a model.json, or the one in a folder, and its weights from all shards.
 *
 * @throws InvalidArgumentError if it does not exist or is not a layers model.
 */
export function readModel(given: string): SavedModel {
  const path = fileOf(given);
  const json = parse(path);
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
  if (typeof modelTopology !== 'object' || modelTopology === null || !Array.isArray(weightsManifest)) {
    throw new InvalidArgumentError(`${path} is not a saved model: it has no modelTopology and weightsManifest.`);
  }
  const shards = weightsManifest.flatMap(({paths}) => paths);
  const weights = Buffer.concat(shards.map(shard => read(resolve(dirname(path), shard), `${path} names it`)));
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap(group => group.weights),
    weightData: new Uint8Array(weights).buffer,
    ...(json.trainingConfig && {trainingConfig: json.trainingConfig}),
  };
}

interface ModelFile extends Pick<io.ModelJSON, 'weightsManifest'> {
  readonly format?: string;
  readonly modelTopology: object | null;
  readonly trainingConfig?: io.TrainingConfig;
  /** Present in a file that contains only a topology. */
  readonly class_name?: string;
}

/** The model.json of a folder, or the file itself. */
function fileOf(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const inside = join(path, 'model.json');
  if (existsSync(inside)) return inside;
  if (existsSync(join(path, 'saved_model.pb'))) {
    throw new InvalidArgumentError(
      `${path} is a SavedModel of TensorFlow; convert it: ${conversion('keras_saved_model', path)}.`,
    );
  }
  throw new InvalidArgumentError(
    `${path} is a folder without a model.json; name a model.json, or the folder that holds it.`,
  );
}

function parse(path: string): ModelFile {
  const bytes = read(path, 'name a model.json');
  const kind = kindOf(bytes);
  if (kind !== null) {
    throw new InvalidArgumentError(
      `${path} is ${kind.what}, which must be converted first: ${conversion(kind.format, path)}; then name the model.json ` +
        'that it writes.',
    );
  }
  try {
    return (JSON.parse(bytes.toString('utf8')) as ModelFile | null) ?? ({} as ModelFile);
  } catch (error) {
    throw new InvalidArgumentError(`${path} is not JSON: ${oneLine((error as Error).message)}; name a model.json.`, {
      cause: error,
    });
  }
}

/** Recognizes other model formats by their first bytes. */
function kindOf(bytes: Buffer): {readonly what: string; readonly format: string} | null {
  const starts = (...signature: readonly number[]) => signature.every((byte, i) => bytes[i] === byte);
  if (starts(0x89, 0x48, 0x44, 0x46)) return {what: 'an HDF5 file of Keras (.h5)', format: 'keras'};
  if (starts(0x50, 0x4b, 0x03, 0x04)) return {what: 'a .keras file of Keras 3', format: 'keras_keras'};
  return null;
}

/** The command that converts a model to a layers model. */
function conversion(format: string, path: string): string {
  return `\`tensorflowjs_converter --input_format ${format} --output_format tfjs_layers_model ${path} converted\``;
}

function read(path: string, hint: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${message})`;
    throw new InvalidArgumentError(`${path} ${reason}; ${hint}.`, {cause: error});
  }
}

export function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
}
