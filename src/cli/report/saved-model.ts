import {readFileSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import type {io} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from '../../engine/load.js';
import {InvalidArgumentError} from '../../errors.js';
import {fromKeras3, isFromKeras3} from './keras-3/from-keras-3.js';

/** A model as it lies on the disk. */
export type SavedModel = io.ModelArtifacts;

/**
 * Reads a model.json and its weights, in as many shards as there are.
 *
 * @throws InvalidArgumentError for what is not there, or no layers model.
 */
export function readModel(path: string): SavedModel {
  const json = parse(path);
  const {format, modelTopology, weightsManifest} = json;
  if (format === 'graph-model' || (modelTopology && 'node' in modelTopology)) {
    throw new InvalidArgumentError(
      `${path} is a graph model, which has no layers and cannot be trained; convert the Keras model with ` +
        '`tensorflowjs_converter --output_format tfjs_layers_model`.',
    );
  }
  if (typeof modelTopology !== 'object' || modelTopology === null || !Array.isArray(weightsManifest)) {
    throw new InvalidArgumentError(`${path} is no saved model: it has no modelTopology and weightsManifest.`);
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

/**
 * The model, compiled with the losses, or, without any, as it was saved.
 *
 * @throws InvalidArgumentError for what tfjs-layers cannot make, and for losses that it does not know.
 */
export async function buildModel(
  tf: TensorFlow,
  saved: SavedModel,
  path: string,
  losses: readonly string[] | null,
): Promise<LayersModel> {
  let model: LayersModel;
  try {
    const {trainingConfig, ...rest} = isFromKeras3(saved) ? await fromKeras3(tf, saved) : saved;
    // What it was compiled with may be unknown to tfjs-layers, and is not asked for where a loss is named.
    const artifacts = losses === null && trainingConfig ? {...rest, trainingConfig} : rest;
    model = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
  } catch (error) {
    const way = isFromKeras3(saved)
      ? '; a model that is made and saved with Keras 2 (the package tf_keras) may do'
      : '';
    throw new InvalidArgumentError(
      `${path} cannot be loaded by tfjs-layers: ${oneLine((error as Error).message)}${way}.`,
      {
        cause: error,
      },
    );
  }
  if (losses === null) {
    if (model.optimizer) return model;
    throw new InvalidArgumentError(
      `${path} was saved without a loss; name it with --loss. tfjs has ${LOSSES.join(', ')}.`,
    );
  }
  const count = model.outputs.length;
  if (losses.length !== 1 && losses.length !== count) {
    throw new InvalidArgumentError(`--loss names ${losses.length} losses, and the model has ${count} outputs.`);
  }
  try {
    model.compile({optimizer: 'sgd', loss: losses.length === 1 ? losses[0]! : [...losses]});
  } catch (error) {
    throw new InvalidArgumentError(`--loss: ${oneLine((error as Error).message)}. tfjs has ${LOSSES.join(', ')}.`, {
      cause: error,
    });
  }
  return model;
}

const LOSSES = [
  'meanSquaredError',
  'meanAbsoluteError',
  'meanAbsolutePercentageError',
  'meanSquaredLogarithmicError',
  'categoricalCrossentropy',
  'sparseCategoricalCrossentropy',
  'binaryCrossentropy',
  'hinge',
  'squaredHinge',
  'categoricalHinge',
  'kullbackLeiblerDivergence',
  'logcosh',
  'poisson',
  'cosineProximity',
] as const;

interface ModelFile extends Pick<io.ModelJSON, 'weightsManifest'> {
  readonly format?: string;
  readonly modelTopology: object | null;
  readonly trainingConfig?: io.TrainingConfig;
}

function parse(path: string): ModelFile {
  const text = read(path, 'name a model.json').toString('utf8');
  try {
    return (JSON.parse(text) as ModelFile | null) ?? ({} as ModelFile);
  } catch (error) {
    throw new InvalidArgumentError(`${path} is not JSON: ${(error as Error).message}.`, {cause: error});
  }
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

function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
}
