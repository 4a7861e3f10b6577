import {isRecord, type LayerConfig} from './layer-config.js';
import {refusal} from './refusal.js';

/** A call as Keras 3 saves it. */
interface Call {
  readonly args?: unknown;
  readonly kwargs?: Readonly<Record<string, unknown>> | null;
}

/** A tensor's origin. */
export type Place = readonly [layer: string, node: number, tensor: number];

/**
 * Removes the masks that Keras 3 saves with a functional model: the operations that make them, and the keyword `mask` of the calls.
 * The layers make these masks themselves.
 *
 * @throws InvalidArgumentError for a layer that is called with another mask than that of its input.
 */
export function withoutSavedMasks(model: LayerConfig): LayerConfig {
  const layers = model.config.layers ?? [];
  if (!layers.some(layer => callsOf(layer).some(isMasked))) return model;
  const graph = new Graph(layers);
  const plain = layers.map(layer => ({
    ...layer,
    inbound_nodes: callsOf(layer).map(call => graph.withoutMask(layer, call)),
  }));
  const used = reached(plain, places(model.config.output_layers));
  const kept = plain.filter(({class_name, config}) => class_name === 'InputLayer' || used.has(config.name!));
  return {...model, config: {...model.config, layers: kept}};
}

/** Whether a node of the graph may be an operation: it has no `trainable`. A few layers have none either. */
export function isOperation({class_name, config}: LayerConfig): boolean {
  return (
    !/^(InputLayer|SpatialDropout\dD)$/.test(class_name) && config.layers === undefined && !('trainable' in config)
  );
}

const callsOf = ({inbound_nodes}: LayerConfig) => ((inbound_nodes ?? []) as unknown[]).filter(isRecord) as Call[];
const isMasked = ({kwargs}: Call) => histories(kwargs?.mask).length > 0;

/** The layers that pass a mask on unchanged. Another layer with a mask is refused where the mask is used. */
const THROUGH = new Set(
  'Activation ReLU LeakyReLU PReLU ELU Softmax Dense Dropout SpatialDropout1D GaussianNoise GaussianDropout AlphaDropout Identity'
    .concat(' LayerNormalization BatchNormalization TimeDistributed')
    .split(' '),
);
const MERGES = new Set('Add Subtract Multiply Average Maximum Minimum'.split(' '));
const RECURRENT = new Set('SimpleRNN LSTM GRU RNN ConvLSTM2D'.split(' '));

/** The masks of a model's tensors as text: operations and their inputs. */
class Graph {
  readonly #layers: ReadonlyMap<string, LayerConfig>;

  constructor(layers: readonly LayerConfig[]) {
    this.#layers = new Map(layers.map(layer => [layer.config.name!, layer]));
  }

  withoutMask(layer: LayerConfig, call: Call): Call {
    if (!isMasked(call)) return call;
    const {mask, ...kwargs} = call.kwargs!;
    if (this.#text(mask) !== this.#mask(histories(call.args)[0])) {
      throw refusal(
        layer,
        'is called with another mask than that of its input, which tfjs-layers cannot do',
        'make the mask by Masking or by mask_zero of Embedding',
      );
    }
    return {...call, kwargs};
  }

  /** A value in a call, as text. */
  #text(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(each => this.#text(each)).join()}]`;
    const [place] = isTensor(value) ? histories(value) : [];
    if (place === undefined) return JSON.stringify(value);
    const layer = this.#layers.get(place[0]);
    if (layer === undefined || !isOperation(layer)) return place.join(':');
    const {name: _, ...settings} = layer.config;
    const {args, kwargs} = callsOf(layer)[place[1]] ?? {};
    const named = Object.values(kwargs ?? {}).length > 0 ? JSON.stringify(kwargs) : '';
    return operation(layer.class_name, this.#text(args).slice(1, -1), settings) + named;
  }

  /** The mask that Keras 3 makes for a tensor; `null` if it has none. */
  #mask(place: Place | undefined): string | null {
    const layer = place && this.#layers.get(place[0]);
    if (!layer || isOperation(layer)) return null;
    const {class_name, config} = layer;
    const inputs = histories(callsOf(layer)[place[1]]?.args);
    const input = inputs[0]?.join(':') ?? '';
    if (class_name === 'Embedding') return config.mask_zero === true ? operation('NotEqual', `${input},0`) : null;
    if (class_name === 'Masking') {
      const differs = operation('NotEqual', `${input},${JSON.stringify(config.mask_value)}`);
      return operation('Any', differs, {axis: -1, keepdims: false});
    }
    if (THROUGH.has(class_name)) return this.#mask(inputs[0]);
    if (RECURRENT.has(class_name))
      return config.return_sequences === true && place[2] === 0 ? this.#mask(inputs[0]) : null;
    if (class_name === 'Bidirectional') {
      const {layer: inner, merge_mode} = config as {layer?: LayerConfig; merge_mode?: unknown};
      return inner?.config.return_sequences === true && merge_mode !== null && place[2] === 0
        ? this.#mask(inputs[0])
        : null;
    }
    const masks = inputs.map(each => this.#mask(each));
    if (MERGES.has(class_name))
      return masks.some(mask => mask === null) ? null : masks.reduce((a, b) => operation('LogicalOr', `${a},${b}`));
    return class_name === 'Concatenate' ? concatenated(inputs, masks, config.axis) : null;
  }
}

function operation(name: string, inputs: string, settings: Readonly<Record<string, unknown>> = {}): string {
  const text = Object.entries(settings)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  return `${name}(${[inputs, ...text].join()})`;
}

function concatenated(inputs: readonly Place[], masks: readonly (string | null)[], axis: unknown): string | null {
  if (masks.every(mask => mask === null)) return null;
  const parts = masks.map((mask, i) => {
    const input = inputs[i]!.join(':');
    if (mask === null) return operation('OnesLike', input, {dtype: 'bool'});
    return operation(
      'LogicalOr',
      `${operation('ExpandDims', mask, {axis: -1})},${operation('ZerosLike', input, {dtype: 'bool'})}`,
    );
  });
  return operation('Any', operation('Concatenate', `[${parts.join()}]`, {axis}), {axis: -1, keepdims: false});
}

/** The names of the layers that the outputs depend on. */
function reached(layers: readonly LayerConfig[], outputs: readonly Place[]): Set<string> {
  const byName = new Map(layers.map(layer => [layer.config.name!, layer]));
  const found = new Set<string>();
  const open = outputs.map(([name]) => name);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const layer = byName.get(name);
    if (layer)
      open.push(...callsOf(layer).flatMap(({args, kwargs}) => histories([args, kwargs]).map(([from]) => from)));
  }
  return found;
}

const isTensor = (value: unknown) => isRecord(value) && value.class_name === '__keras_tensor__';

/** The origins of all tensors in the arguments of a call, in order. */
export function histories(value: unknown): Place[] {
  if (Array.isArray(value)) return value.flatMap(histories);
  if (!isRecord(value)) return [];
  if (value.class_name === '__keras_tensor__') return [(value.config as {keras_history: Place}).keras_history];
  return Object.values(value).flatMap(histories);
}

/** A list of origins. Keras saves a single one without the list around it. */
export function places(value: unknown): Place[] {
  if (!Array.isArray(value)) return isRecord(value) ? Object.values(value).flatMap(places) : [];
  return typeof value[0] === 'string' ? [value as [...Place]] : value.flatMap(places);
}
