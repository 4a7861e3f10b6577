import {warn} from '../warnings.js';
import {activationName, knownActivations} from './activations.js';
import type {KerasVersion, LayerConfig} from './layer-config.js';
import {isLayer, isRecord} from './layer-config.js';
import {refusal, shown} from './refusal.js';
import {isOperation} from './saved-masks.js';
import {checkedConfig, layerRules, type ModelFacts} from './settings.js';

/** What a translation depends on. */
export interface Translation extends ModelFacts {
  /** The names of classes that the user has registered. */
  readonly custom: ReadonlySet<string>;
  /** How a user provides a class, for the end of a message. */
  readonly wayOut: string;
}

/** The configuration of a model, in the format of Keras 2, with layers that compute the same as in Keras. */
export function translated(model: LayerConfig, translation: Translation): LayerConfig {
  const {config} = model;
  // A frozen model freezes its layers.
  const frozen = config.trainable === false;
  const layers = (config.layers ?? []).map(layer =>
    translatedLayer(frozen ? {...layer, config: {...layer.config, trainable: false}} : layer, translation),
  );
  const {dtype: _, ...rest} = config;
  return {...model, class_name: modelClass(model, translation), config: {...rest, layers}};
}

function modelClass(model: LayerConfig, {custom, wayOut}: Translation): string {
  const name = plainName(model.class_name);
  if (name === 'Sequential' || custom.has(name)) return name;
  if (name === 'Functional' || name === 'Model') return 'Model';
  throw refusal(model, 'is a subclass of Model', wayOut);
}

function translatedLayer(layer: LayerConfig, translation: Translation): LayerConfig {
  if (layer.config.layers !== undefined) return {...layer, ...translated(layer, translation)};
  const {custom, wayOut, version, masks} = translation;
  if (version === 3 && masks && isOperation(layer) && layer.class_name in layerRules) {
    throw refusal(layer, 'is an operation, which does not pass masks on', 'use the layer of that name');
  }
  const class_name = plainName(layer.class_name);
  const name = String(layer.config.name);
  if (custom.has(class_name)) return {...layer, class_name, config: plainTypes(layer.config)};
  if (class_name === 'Lambda') {
    if (custom.has(name))
      return {...layer, class_name: name, config: plainTypes({name, trainable: layer.config.trainable})};
    throw refusal(
      layer,
      'contains Python bytecode, which only Python can run',
      `${wayOut}, under the class name Lambda or under the layer's name "${name}"`,
    );
  }
  const rule = layerRules[class_name];
  if (rule === undefined) throw refusal(layer, 'is of a class that is not supported', wayOut);
  const named = {...layer, class_name};
  const checked = {...named, config: checkedConfig(named, rule, ownWay(version))};
  const parts = Object.entries(checked.config).map(([key, value]) => [key, part(checked, key, value, translation)]);
  const given = parts.filter(([, value]) => value !== undefined);
  const config = plainTypes(Object.fromEntries(given) as LayerConfig['config']);
  return {...checked, config, ...rule.becomes?.(config, layer, translation)};
}

/** Whether a layer of a model, or of a nested model, makes a mask. */
export function hasMasks({config}: LayerConfig): boolean {
  return (config.layers ?? []).some(
    layer => hasMasks(layer) || layer.class_name === 'Masking' || layer.config.mask_zero === true,
  );
}

/** The name in `Custom>Name`, which is how Keras 2 saves registered classes. */
function plainName(name: string): string {
  return name.slice(name.lastIndexOf('>') + 1);
}

function ownWay(version: KerasVersion): string {
  return `build the model in Keras ${version} without that setting`;
}

/** Removes the types: tfjs-layers computes in float32, whatever the type of a layer is in Keras. */
function plainTypes(config: LayerConfig['config']): LayerConfig['config'] {
  const {dtype, ...rest} = config;
  return typeof dtype === 'string' && /^(int|uint|bool|string)/.test(dtype)
    ? {...rest, dtype: dtype === 'bool' || dtype === 'string' ? dtype : 'int32'}
    : {...rest, dtype: 'float32'};
}

/** A setting whose value has its own name, such as an activation or a regularizer. */
function part(layer: LayerConfig, key: string, value: unknown, translation: Translation): unknown {
  if (/(^|_)activation$/.test(key)) return activation(layer, value, translation);
  // Initializers do not matter: the weights are loaded from the file.
  if (/_initializer$/.test(key)) return {class_name: 'Zeros', config: {}};
  if (key === 'unit_forget_bias') return false;
  if (/_regularizer$/.test(key)) return regularizer(layer, key, value, translation);
  if (/_constraint$/.test(key)) return constraint(layer, key, value, translation);
  if (key === 'backward_layer') return backwardLayer(layer, value, translation);
  if (key !== 'dtype' && isLayer(value)) return wrapped(layer, value, translation);
  if (key === 'cell' || key === 'cells')
    return (value as LayerConfig[]).map(cell => translatedLayer(cell, translation));
  return value;
}

function activation(layer: LayerConfig, value: unknown, {version, custom, wayOut}: Translation): unknown {
  if (value === null) return 'linear';
  const name = nameOf(value);
  if (name !== null && custom.has(name)) return name;
  const found = name === null ? null : activationName(name, version);
  if (found !== null) return found;
  throw refusal(
    layer,
    `has the activation ${name ?? shown(value)}, which is not supported (${knownActivations.join(', ')} are)`,
    wayOut,
  );
}

/** A name, which may be saved as `{class_name: 'function', config: 'name'}`. */
function nameOf(value: unknown): string | null {
  if (typeof value === 'string') return plainName(value);
  if (!isRecord(value)) return null;
  if (value.class_name === 'function' || value.class_name === '__lambda__') return nameOf(value.config);
  return typeof value.class_name === 'string' && isRecord(value.config) && Object.keys(value.config).length === 0
    ? plainName(value.class_name)
    : null;
}

function regularizer(layer: LayerConfig, key: string, value: unknown, {custom}: Translation): unknown {
  if (value === null) return null;
  // The data loss has no regularizers, and tfjs-layers has no activity regularizers.
  if (key !== 'activity_regularizer' && isLayer(value)) {
    const {class_name, config} = value;
    const {l1 = 0, l2 = 0} = config as {l1?: number; l2?: number};
    if (['L1', 'L2', 'L1L2'].includes(class_name)) return {class_name: 'L1L2', config: {l1: l1 ?? 0, l2: l2 ?? 0}};
    if (custom.has(plainName(class_name))) return {...value, class_name: plainName(class_name)};
  }
  leftOut(layer, key, value);
  return null;
}

const CONSTRAINTS = new Set(['MaxNorm', 'MinMaxNorm', 'NonNeg', 'UnitNorm']);

function constraint(layer: LayerConfig, key: string, value: unknown, {custom}: Translation): unknown {
  if (value === null) return null;
  if (isLayer(value) && (CONSTRAINTS.has(value.class_name) || custom.has(value.class_name))) {
    return {class_name: value.class_name, config: value.config};
  }
  leftOut(layer, key, value);
  return null;
}

function leftOut({class_name, config}: LayerConfig, key: string, value: unknown): void {
  const what = (isRecord(value) && value.class_name) || shown(value);
  warn(
    'ignored-setting',
    `Layer "${config.name}" (${class_name}) has ${key} ${what}, which tfjs-layers does not have: training would go without it. ` +
      'The data loss and its Hessian have no regularizers in any case.',
  );
}

function checkWrapped(outer: LayerConfig, inner: LayerConfig, {version}: Translation): void {
  if (outer.class_name === 'Bidirectional' && inner.class_name === 'RNN') {
    throw refusal(outer, 'wraps an RNN of cells, which tfjs-layers cannot copy', 'use LSTM, GRU or SimpleRNN');
  }
  if (outer.class_name === 'TimeDistributed' && version === 2 && hasNorm(inner)) {
    throw refusal(
      outer,
      'wraps a BatchNormalization, which computes moments of all steps in Keras 2 but of each step in tfjs-layers',
      'put the BatchNormalization outside',
    );
  }
}

function hasNorm({class_name, config}: LayerConfig): boolean {
  return class_name === 'BatchNormalization' || (config.layers ?? []).some(hasNorm);
}

/** The layer in a wrapper. If the wrapper is frozen, so is the layer. */
function wrapped(outer: LayerConfig, inner: LayerConfig, translation: Translation): LayerConfig {
  checkWrapped(outer, inner, translation);
  const config = outer.config.trainable === false ? {...inner.config, trainable: false} : inner.config;
  // Keras sets it inside Bidirectional, where masks.ts does the same.
  const {zero_output_for_mask: _, ...rest} = config;
  const layer = translatedLayer({...inner, config: outer.class_name === 'Bidirectional' ? rest : config}, translation);
  if (outer.class_name !== 'Bidirectional') return layer;
  // tfjs-layers adds the prefix itself.
  return {...layer, config: {...layer.config, name: String(layer.config.name).replace(/^forward_/, '')}};
}

/** Checks that the backward layer is like the forward layer, from which tfjs-layers makes it. */
function backwardLayer(layer: LayerConfig, value: unknown, translation: Translation): undefined {
  if (value === null) return undefined;
  const settings = (config: LayerConfig['config']) => {
    const {name: _, go_backwards, trainable: __, ...rest} = config;
    return {rest: JSON.stringify(rest), goBackwards: go_backwards === true};
  };
  const forward = settings(wrapped(layer, layer.config.layer as LayerConfig, translation).config);
  const backward = settings(wrapped(layer, value as LayerConfig, translation).config);
  if (forward.rest === backward.rest && forward.goBackwards !== backward.goBackwards) return undefined;
  throw refusal(
    layer,
    'has a backward_layer that differs from its layer, which tfjs-layers does not have',
    'use two layers, one with go_backwards, and a merge',
  );
}
