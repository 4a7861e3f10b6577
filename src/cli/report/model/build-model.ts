import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from '../../../engine/load.js';
import {InvalidArgumentError} from '../../../errors.js';
import {compileAsKeras} from '../../../keras/compile.js';
import {kerasVersion} from '../../../keras/layer-config.js';
import {type KerasModel, loadKerasModel} from '../../../keras/load-keras-model.js';
import {lossName, nameHere} from '../../../keras/losses.js';
import {compileConfig, type OutputLoss, outputLoss, savedLosses} from '../../../keras/saved-loss.js';
import {outputNames} from '../../../tfjs-internals/layers/model.js';
import {type Imported, nothingImported} from './import-module.js';
import {oneLine, type SavedModel} from './saved-model.js';

const WAY_OUT = 'register a class of that name in a module, and name the module with --import';
const OWN_LOSS =
  'export a function of that name from a module and name the module with --import, or name another loss with --loss';

/**
 * Builds the model and compiles it with the given losses, or without any with those that it was saved with.
 *
 * @throws InvalidArgumentError for an unknown layer, setting, weight or loss.
 */
export async function buildModel(
  tf: TensorFlow,
  saved: SavedModel,
  path: string,
  losses: readonly string[] | null,
  imported: Imported = nothingImported,
): Promise<LayersModel> {
  const version = kerasVersion(saved.modelTopology as object);
  const loaded = await load(tf, saved, path, version !== null, imported);
  const {model, maskOf} = loaded;
  if (version === null) compileAsSaved(model, saved, path, losses, imported);
  else compileAsKeras(model, kerasLosses(loaded, saved, path, losses, imported), maskOf);
  return model;
}

async function load(
  tf: TensorFlow,
  saved: SavedModel,
  path: string,
  isKeras: boolean,
  {classes}: Imported,
): Promise<KerasModel> {
  const {trainingConfig: _, ...artifacts} = saved;
  try {
    if (isKeras) return await loadKerasModel(tf, artifacts, {custom: classes, wayOut: WAY_OUT});
    return {model: await tf.loadLayersModel(tf.io.fromMemory(artifacts)), maskOf: null};
  } catch (error) {
    const message = oneLine((error as Error).message);
    const unknown = /^Unknown (\w+): ([^ ]+)\. /.exec(message);
    const reason = unknown ? `it has the ${unknown[1]} ${unknown[2]}, which is not supported; ${WAY_OUT}` : message;
    throw new InvalidArgumentError(`${path} cannot be loaded by tfjs-layers: ${reason}.`, {cause: error});
  }
}

/** Losses as Keras computes them. */
function kerasLosses(
  {model}: KerasModel,
  saved: SavedModel,
  path: string,
  losses: readonly string[] | null,
  {losses: own}: Imported,
): OutputLoss[] {
  const outputs = outputNames(model);
  const names = {outputs, own, wayOut: OWN_LOSS};
  if (losses === null) {
    const config = compileConfig(saved.modelTopology as object);
    if (config === null) throw withoutLoss(path);
    try {
      return savedLosses(config, names);
    } catch (error) {
      throw new InvalidArgumentError(`${path}: ${oneLine((error as Error).message)}.`, {cause: error});
    }
  }
  const each = forOutputs(losses, outputs.length);
  return each.map(name => {
    if (!own.has(name) && lossName(name) === null) throw unknownLoss(name, own);
    return outputLoss(name, names);
  });
}

/** Compiles a model that tfjs-layers saved, with the losses of tfjs-layers. */
function compileAsSaved(
  model: LayersModel,
  {trainingConfig}: SavedModel,
  path: string,
  losses: readonly string[] | null,
  {losses: own}: Imported,
): void {
  const outputs = outputNames(model);
  const named = losses === null ? savedNames(trainingConfig?.loss, outputs, path) : forOutputs(losses, outputs.length);
  const chosen = named.map(name => own.get(name) ?? camelCase(name));
  try {
    model.compile({optimizer: 'sgd', loss: chosen as string[]});
  } catch (error) {
    if (!/Unknown loss/.test((error as Error).message)) throw error;
    throw unknownLoss(named.find(name => lossName(name) === null) ?? named.join(', '), own, error as Error);
  }
}

/** The names of the saved losses; `model.save` does not write functions. */
function savedNames(loss: unknown, outputs: readonly string[], path: string): readonly string[] {
  if (loss === undefined || loss === null) throw withoutLoss(path);
  if (typeof loss === 'string') return outputs.map(() => loss);
  const byName = loss as Readonly<Record<string, unknown>>;
  const names = Array.isArray(loss) ? loss : outputs.map(name => byName[name]);
  if (names.length === outputs.length && names.every(name => typeof name === 'string')) return names;
  throw new InvalidArgumentError(
    `${path} was compiled with a custom loss function, which model.save does not save; ` +
      'export the function from a module, name the module with --import and the function with --loss, or name one of ' +
      `tfjs-layers' own with --loss. tfjs has ${LOSSES.join(', ')}.`,
  );
}

function withoutLoss(path: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `${path} was saved without a loss; name it with --loss. tfjs has ${LOSSES.join(', ')}.`,
  );
}

function unknownLoss(name: string, own: ReadonlyMap<string, unknown>, cause?: Error): InvalidArgumentError {
  const exported = own.size > 0 ? ` The imported modules export ${[...own.keys()].join(', ')}.` : '';
  return new InvalidArgumentError(
    `--loss: Unknown loss ${name}. tfjs has ${LOSSES.join(', ')}.${exported} For a custom function, name a module that ` +
      'exports it with --import.',
    {cause},
  );
}

function forOutputs(losses: readonly string[], count: number): readonly string[] {
  if (losses.length === 1) return Array.from({length: count}, () => losses[0]!);
  if (losses.length === count) return losses;
  throw new InvalidArgumentError(`--loss names ${losses.length} losses, and the model has ${count} outputs.`);
}

/** The name of a loss in tfjs-layers; other names are unchanged. */
function camelCase(name: string): string {
  const known = lossName(name);
  const special: Readonly<Record<string, string>> = {
    hinge: 'hinge',
    squared_hinge: 'squaredHinge',
    kl_divergence: 'kullbackLeiblerDivergence',
    cosine_similarity: 'cosineProximity',
  };
  if (known === null) return name;
  return nameHere(known, {fromLogits: false, labelSmoothing: 0, delta: 1}) ?? special[known] ?? name;
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
