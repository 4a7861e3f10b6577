import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel, layers} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {check} from '../../arguments/check.js';
import {isText, that} from '../../arguments/kinds.js';
import {isRecord, optionsOf} from '../../arguments/options.js';
import {InvalidArgumentError} from '../../errors.js';
import {nodeModules} from '../../native/node-modules.js';
import {type NamedClass, registerClass} from '../../tfjs-internals/layers/registry.js';
import type {CustomObjects} from '../custom-objects.js';
import type {LossFunction} from '../losses.js';
import type {WaysOut} from '../ways-out.js';
import {fetchModel, readModelFiles} from './browser-model.js';
import {buildModel} from './build-model.js';
import {readModel} from './disk-model.js';
import type {SavedModel} from './model-file.js';

/** A class of layers, as `tf.serialization.registerClass` takes it. */
export type LayerClass = (new (config: never) => layers.Layer) & {readonly className: string};

/** A loss: targets and predictions in, the loss of each sample out. */
export type LossOfSamples = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** Options of {@link loadKerasModel}. */
export interface LoadKerasModelArgs {
  /**
   * The loss, or one for each output: any name that Keras has (`'categorical_crossentropy'`, `'CategoricalCrossentropy'`,
   * `'mse'`), or one of `customObjects`. By default the losses that the model was compiled with.
   */
  readonly loss?: string | readonly string[];
  /**
   * Layer classes and losses of your own that the file refers to by these names, as `custom_objects` in Keras. A `Lambda`
   * layer, which holds Python code, is replaced by the class under the layer's name. Default: `{}`.
   */
  readonly customObjects?: Readonly<Record<string, LayerClass | LossOfSamples>>;
}

const loadKerasModelArgs = optionsOf<LoadKerasModelArgs>('loadKerasModel()')({
  loss: optional(
    that<string | readonly string[]>(
      value => isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText)),
      "the name of a loss, such as 'categorical_crossentropy', or a list of them, one for each output",
    ),
  ),
  customObjects: optional(
    that<Readonly<Record<string, LayerClass | LossOfSamples>>>(
      value => isRecord(value) && Object.values(value as object).every(each => typeof each === 'function'),
      'an object of layer classes and loss functions by name',
    ),
    {},
  ),
});

const WAYS: WaysOut = {
  lossOption: 'the option loss',
  layerClass: 'give a class of that name in customObjects',
  lossFunction: 'give the function in customObjects under its name',
};

/**
 * Loads a model of Keras 2 or 3 that the official converter wrote (`--output_format tfjs_layers_model`), so that it computes
 * here what it computes in Keras. `tf.loadLayersModel` reads many of these files, too, but computes something else for some
 * layers, activations, masks and losses without saying so.
 *
 * The model is compiled with the losses that it was saved with, or with `loss`, and with `sgd`; compile it again to train it
 * with another optimizer: `model.compile({optimizer, loss: model.loss})`. If the file has no loss and none is given, the model
 * is not compiled. A model that TensorFlow.js saved computes what it computes there.
 *
 * @param source a `model.json` or the folder that holds it (Node), its URL, or the files that a user has chosen: the
 *   `model.json` and the files of its weights.
 * @returns the model; `model.dispose()` frees it.
 * @throws InvalidArgumentError if a file is missing or is no layers model, with the command that converts it; for a layer,
 *   setting, weight or loss that is not supported, by name.
 * @example
 * import {loadKerasModel} from 'tfjs-hessian/keras';
 * const model = await loadKerasModel('converted/model.json');
 * const H = await hessian(model, {x, y});
 */
export async function loadKerasModel(
  source: string | readonly File[] | FileList,
  args?: LoadKerasModelArgs,
): Promise<LayersModel> {
  const {loss, customObjects} = loadKerasModelArgs(args);
  const from = check('The source of loadKerasModel()', sourceSchema, source);
  const saved = await read(from);
  const custom = registered(customObjects);
  const path = typeof from === 'string' ? from : 'the model';
  const losses = loss === undefined ? null : typeof loss === 'string' ? [loss] : loss;
  return buildModel(saved, path, {losses, custom, ways: WAYS});
}

const sourceSchema = that<string | readonly File[] | FileList>(
  value => isText(value) || (isFiles(value) && value.length > 0),
  'the path or URL of a model.json, or a list of files',
);

function isFiles(value: unknown): value is ArrayLike<File> {
  if (typeof value !== 'object' || value === null || !('length' in value)) return false;
  return Array.from(value as ArrayLike<unknown>).every(each => each instanceof Blob && 'name' in each);
}

async function read(source: string | readonly File[] | FileList): Promise<SavedModel> {
  if (typeof source !== 'string') return readModelFiles(Array.from(source));
  if (/^(https?|blob|data):/.test(source)) return fetchModel(source);
  const files = nodeModules();
  if (files !== null) return readModel(source, files);
  if (globalThis.document === undefined && globalThis.process !== undefined) {
    throw new InvalidArgumentError(
      `loadKerasModel(): ${source} is a path, which needs Node 20.16 or newer; give a URL.`,
    );
  }
  return fetchModel(source);
}

/** Makes the classes known to tfjs-layers. */
function registered(objects: Readonly<Record<string, LayerClass | LossOfSamples>>): CustomObjects {
  const classes = new Set<string>();
  const losses = new Map<string, LossFunction>();
  for (const [name, value] of Object.entries(objects)) {
    if (!isClass(value)) {
      losses.set(name, value);
      continue;
    }
    if (value.className !== name) {
      throw new InvalidArgumentError(
        `customObjects.${name} has the className ${value.className}; a class goes by its className: give it as ${value.className}.`,
      );
    }
    registerClass(value as NamedClass);
    classes.add(name);
  }
  return {classes, losses};
}

function isClass(value: LayerClass | LossOfSamples): value is LayerClass {
  return 'className' in value;
}
