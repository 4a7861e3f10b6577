import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel, loadLayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../errors.js';
import {outputNames} from '../../tfjs-internals/layers/model.js';
import {unknownClass} from '../../tfjs-internals/layers/unknown-class.js';
import {compileAsKeras} from '../compile.js';
import {type CustomObjects, noCustomObjects} from '../custom-objects.js';
import {kerasVersion} from '../layer-config.js';
import {lossName, nameHere} from '../losses.js';
import {compileConfig, type OutputLoss, outputLoss, savedLosses} from '../saved-loss.js';
import {type KerasModel, translatedModel} from '../translated-model.js';
import type {WaysOut} from '../ways-out.js';
import {oneLine, type SavedModel} from './model-file.js';

export interface BuildArgs {
  /** The names of the losses of all outputs; `null`: those that the model was saved with. */
  readonly losses: readonly string[] | null;
  readonly custom?: CustomObjects;
  readonly ways: WaysOut;
}

/**
 * Builds the model and compiles it with the given losses, or with those that it was saved with. Without any it is not
 * compiled.
 *
 * @param path what messages call the model.
 * @throws InvalidArgumentError for an unknown layer, setting, weight or loss.
 */
export async function buildModel(
  saved: SavedModel,
  path: string,
  {losses, custom = noCustomObjects, ways}: BuildArgs,
): Promise<LayersModel> {
  const isKeras = kerasVersion(saved.modelTopology as object) !== null;
  const loaded = await load(saved, path, isKeras, custom, ways);
  const {model, maskOf} = loaded;
  const from = {path, saved, losses, own: custom.losses, ways};
  try {
    if (isKeras) {
      const found = kerasLosses(loaded, from);
      if (found !== null) compileAsKeras(model, found, maskOf);
    } else {
      const found = savedNames(outputNames(model), from);
      if (found !== null) compileByName(model, found, from);
    }
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

/** Where the losses come from. */
interface LossSource {
  readonly path: string;
  readonly saved: SavedModel;
  readonly losses: readonly string[] | null;
  readonly own: CustomObjects['losses'];
  readonly ways: WaysOut;
}

async function load(
  saved: SavedModel,
  path: string,
  isKeras: boolean,
  {classes}: CustomObjects,
  {layerClass}: WaysOut,
): Promise<KerasModel> {
  const {trainingConfig: _, ...artifacts} = saved;
  try {
    if (isKeras) return await translatedModel(artifacts, {custom: classes, wayOut: layerClass});
    return {model: await loadLayersModel(tf.io.fromMemory(artifacts)), maskOf: null};
  } catch (error) {
    const message = oneLine((error as Error).message);
    const unknown = unknownClass(message);
    const reason = unknown
      ? `it has the ${unknown.kind} ${unknown.className}, which is not supported; ${layerClass}`
      : message;
    throw new InvalidArgumentError(`${path} cannot be loaded by tfjs-layers: ${reason}.`, {cause: error});
  }
}

/** Losses as Keras computes them. */
function kerasLosses({model}: KerasModel, {path, saved, losses, own, ways}: LossSource): OutputLoss[] | null {
  const outputs = outputNames(model);
  const names = {outputs, own, ways};
  if (losses === null) {
    const config = compileConfig(saved.modelTopology as object);
    if (config === null) return null;
    try {
      return savedLosses(config, names);
    } catch (error) {
      throw new InvalidArgumentError(`${path}: ${oneLine((error as Error).message)}.`, {cause: error});
    }
  }
  return forOutputs(losses, outputs.length, ways).map(name => {
    if (!own.has(name) && lossName(name) === null) throw unknownLoss(name, own, ways);
    return outputLoss(name, names);
  });
}

/** The names of the losses of a model that tfjs-layers saved; `model.save` does not write functions. */
function savedNames(outputs: readonly string[], {path, saved, losses, ways}: LossSource): readonly string[] | null {
  if (losses !== null) return forOutputs(losses, outputs.length, ways);
  const loss: unknown = saved.trainingConfig?.loss;
  if (loss === undefined || loss === null) return null;
  if (typeof loss === 'string') return outputs.map(() => loss);
  const byName = loss as Readonly<Record<string, unknown>>;
  const names = Array.isArray(loss) ? loss : outputs.map(name => byName[name]);
  if (names.length === outputs.length && names.every(name => typeof name === 'string')) return names;
  throw new InvalidArgumentError(
    `${path} was compiled with a custom loss function, which model.save does not save; ${ways.lossFunction}, or name one ` +
      `of tfjs-layers' own with ${ways.lossOption}. tfjs has ${LOSSES.join(', ')}.`,
  );
}

/** Compiles a model with the losses of tfjs-layers, or functions of the user. */
function compileByName(model: LayersModel, names: readonly string[], {own, ways}: LossSource): void {
  const chosen = names.map(name => own.get(name) ?? camelCase(name));
  try {
    model.compile({optimizer: 'sgd', loss: chosen as string[]});
  } catch (error) {
    if (!/Unknown loss/.test((error as Error).message)) throw error;
    throw unknownLoss(names.find(name => lossName(name) === null) ?? names.join(', '), own, ways, error as Error);
  }
}

/** That a model has no loss. */
export function withoutLoss(path: string, {lossOption}: WaysOut): InvalidArgumentError {
  return new InvalidArgumentError(
    `${path} was saved without a loss; name it with ${lossOption}. tfjs has ${LOSSES.join(', ')}.`,
  );
}

function unknownLoss(
  name: string,
  own: ReadonlyMap<string, unknown>,
  {lossOption, lossFunction}: WaysOut,
  cause?: Error,
): InvalidArgumentError {
  const given = own.size > 0 ? ` Of your own there are ${[...own.keys()].join(', ')}.` : '';
  return new InvalidArgumentError(
    `${lossOption}: Unknown loss ${name}. tfjs has ${LOSSES.join(', ')}.${given} For a custom function, ${lossFunction}.`,
    {cause},
  );
}

function forOutputs(losses: readonly string[], count: number, {lossOption}: WaysOut): readonly string[] {
  if (losses.length === 1) return Array.from({length: count}, () => losses[0]!);
  if (losses.length === count) return losses;
  throw new InvalidArgumentError(`${lossOption} names ${losses.length} losses, and the model has ${count} outputs.`);
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
