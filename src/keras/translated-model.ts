import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel, loadLayersModel, models} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import {innerLayers, type Layer, wrappedLayers} from '../tfjs-internals/layers/layer.js';
import {drawDropoutAnew} from '../tfjs-internals/layers/layer-calls.js';
import {isRecord, kerasVersion, type LayerConfig, modelConfig} from './layer-config.js';
import {registerKerasLayers} from './layers/register.js';
import {joined} from './loading/model-file.js';
import type {MaskOf} from './masks.js';
import {fixTraining, followMasks, separateKeywords} from './masks.js';
import {keras2Topology} from './topology.js';
import {hasMasks, translated} from './translate.js';
import {weightNames} from './weight-names.js';

/** The contents of a model file. */
type Artifacts = Pick<tf.io.ModelArtifacts, 'modelTopology' | 'weightSpecs' | 'weightData'>;

export interface KerasModel {
  /** The model, not compiled. */
  readonly model: LayersModel;
  /** The mask of each tensor that the model's layers return; `null` if it makes none. */
  readonly maskOf: MaskOf | null;
}

export interface TranslationOptions {
  /** The names of classes that the user has registered. They are used as they are. */
  readonly custom: ReadonlySet<string>;
  /** How a user provides a class, for the end of a message. */
  readonly wayOut: string;
}

/**
 * Builds a model of Keras 2 or 3 from what the official converter wrote. Its layers compute the same as in Keras.
 *
 * @throws InvalidArgumentError with the name of a layer, setting or weight that is not supported.
 */
export async function translatedModel(artifacts: Artifacts, options: TranslationOptions): Promise<KerasModel> {
  const version = kerasVersion(artifacts.modelTopology as object) ?? 2;
  registerKerasLayers();
  const topology =
    version === 3 ? keras2Topology(artifacts.modelTopology as object) : (artifacts.modelTopology as object);
  const described = modelConfig(topology);
  const config = translated(described, {version, masks: hasMasks(described), ...options});
  const modelTopology = {model_config: withoutCalls(config)};
  const named = await withNames({...artifacts, modelTopology}, described);
  const model = await loadLayersModel(tf.io.fromMemory(named));
  restoreConstrained(model, named);
  const maskOf = followMasks(model, version);
  separateKeywords(model);
  if (version === 2) fixCalls(model.layers, config);
  fixFrozenNorms(model.layers);
  drawDropouts(model.layers);
  return {model, maskOf};
}

/** The artifacts with the weights renamed as in tfjs-layers. It makes the model without weights for this. */
async function withNames(artifacts: Artifacts, config: LayerConfig): Promise<Artifacts> {
  const model = await models.modelFromJSON(artifacts.modelTopology as Parameters<typeof models.modelFromJSON>[0]);
  const specs = artifacts.weightSpecs ?? [];
  let names: Map<string, string | null>;
  try {
    names = weightNames(
      specs.map(({name}) => name),
      config,
      model,
    );
  } finally {
    const weights = model.weights.map(weight => weight.read());
    model.dispose();
    // tfjs-layers does not dispose of the weights of layers that are called twice.
    tf.dispose(weights);
  }
  const data = artifacts.weightData as ArrayBuffer;
  const kept: tf.io.WeightsManifestEntry[] = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const spec of specs) {
    const bytes = byteLength(spec);
    const name = names.get(spec.name);
    if (name) {
      if (kept.some(each => each.name === name)) {
        throw new InvalidArgumentError(
          `it has two weights for "${name}", of which "${spec.name}" is one; give each layer another name`,
        );
      }
      kept.push({...spec, name});
      parts.push(new Uint8Array(data, offset, bytes));
    } else if (!isState(spec.name)) {
      throw new InvalidArgumentError(`its weight "${spec.name}" belongs to no layer that tfjs-layers has`);
    }
    offset += bytes;
  }
  return {...artifacts, weightSpecs: kept, weightData: joined(parts)};
}

/** Assigns the saved values again: tfjs-layers applies a weight's constraint when it loads the weight, and Keras does not. */
function restoreConstrained(model: LayersModel, {weightData, weightSpecs}: Artifacts): void {
  const constrained = model.weights.filter(({constraint}) => constraint != null);
  if (constrained.length === 0) return;
  const values = tf.io.decodeWeights(weightData as ArrayBuffer, weightSpecs!);
  for (const weight of constrained) (weight.read() as tf.Variable).assign(values[weight.originalName] as tf.Tensor);
  tf.dispose(values);
}

/** Whether it is a state of training or of a random generator, and not a weight of a layer. */
function isState(name: string): boolean {
  return /^(optimizer|metrics|_?loss_tracker|_?compile_metrics)\//.test(name) || name.includes('seed_generator');
}

function byteLength({name, dtype, shape, quantization}: tf.io.WeightsManifestEntry): number {
  const bytes: Readonly<Record<string, number>> = {
    float32: 4,
    int32: 4,
    uint16: 2,
    float16: 2,
    uint8: 1,
    bool: 1,
    complex64: 8,
  };
  const size = bytes[quantization?.dtype ?? dtype];
  if (size === undefined) throw new InvalidArgumentError(`its weight "${name}" of type ${dtype} cannot be read`);
  return size * shape.reduce((product, n) => product * n, 1);
}

/** The configuration without the keywords of calls, which tfjs-layers would pass on. */
function withoutCalls(model: LayerConfig): LayerConfig {
  const layers = model.config.layers?.map(layer => {
    const inner = layer.config.layers === undefined ? layer : withoutCalls(layer);
    const {inbound_nodes} = inner;
    if (inbound_nodes === undefined) return inner;
    const nodes = (inbound_nodes as unknown[][][]).map(node => node.map(call => [...call.slice(0, 3), {}]));
    return {...inner, inbound_nodes: nodes};
  });
  return {...model, config: {...model.config, ...(layers && {layers})}};
}

/** Fixes the `training` of layers where a call in the model sets it, as Keras 2 does. */
function fixCalls(layers: readonly Layer[], {config}: LayerConfig): void {
  for (const described of config.layers ?? []) {
    const layer = layers.find(({name}) => name === described.config.name);
    if (layer === undefined) continue;
    const inner = innerLayers(layer);
    if (inner !== null) fixCalls(inner, described);
    const calls = (described.inbound_nodes ?? []) as unknown[][][];
    const asked = new Set(calls.map(node => node.map(call => call[3]).find(isRecord)?.training ?? null));
    const [training] = asked;
    if (asked.size > 1) {
      throw new InvalidArgumentError(
        `layer "${layer.name}" (${layer.getClassName()}) is called with several values of training, which is not supported`,
      );
    }
    if (typeof training === 'boolean' || typeof training === 'number') fixTraining(layer, Boolean(training));
  }
}

/** Draws dropout for each batch, as Keras does. */
function drawDropouts(layers: readonly Layer[]): void {
  for (const layer of layers) {
    drawDropouts(innerLayers(layer) ?? wrappedLayers(layer));
    if (layer.getClassName() === 'RNN') drawDropoutAnew(layer);
  }
}

/** Makes frozen layers normalize with the moving moments, as Keras does. */
function fixFrozenNorms(layers: readonly Layer[]): void {
  for (const layer of layers) {
    fixFrozenNorms(innerLayers(layer) ?? []);
    if (layer.getClassName() === 'BatchNormalization' && !layer.trainable) fixTraining(layer, false);
  }
}
