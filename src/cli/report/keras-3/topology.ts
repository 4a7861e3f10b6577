import {InvalidArgumentError} from '../../../errors.js';
import type {LayerConfig} from './layer-config.js';
import {isRecord, modelConfig} from './layer-config.js';

/**
 * A model's topology as Keras 2 would have written it, which is what tfjs-layers reads.
 *
 * @throws InvalidArgumentError for what tfjs-layers would silently compute otherwise.
 */
export function keras2Topology(topology: object): object {
  return {...topology, model_config: asKeras2(modelConfig(topology))};
}

/** Activations that tfjs-layers knows by another name. */
const activations: Readonly<Record<string, string>> = {silu: 'swish'};

function asKeras2(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asKeras2);
  if (!isRecord(value)) return value;
  // A policy is its name; its computations in half precision are not tfjs-layers'.
  if (value.class_name === 'DTypePolicy') return (value.config as {name: string}).name.replace(/^mixed_.*/, 'float32');
  const entries = Object.entries(value).map(([key, part]) => [key, renamed[key]?.(part) ?? asKeras2(part)] as const);
  const result = Object.fromEntries(entries);
  return isRecord(result.config) && typeof result.class_name === 'string'
    ? asKeras2Layer(result as unknown as LayerConfig)
    : result;
}

const renamed: Readonly<Record<string, (part: unknown) => unknown>> = {
  activation: part => (typeof part === 'string' ? activations[part] : undefined),
  inbound_nodes: part => (part as unknown[]).map(inboundNode),
  input_layers: places,
  output_layers: places,
};

function asKeras2Layer(layer: LayerConfig): LayerConfig {
  const {class_name, config} = layer;
  if (config.layers !== undefined) return shifted(layer, config.layers);
  const {batch_shape, negative_slope, ...rest} = config;
  if (class_name === 'InputLayer' && batch_shape !== undefined) {
    return {...layer, config: {...rest, batch_input_shape: batch_shape}};
  }
  if (class_name === 'LeakyReLU' && negative_slope !== undefined) {
    return {...layer, config: {...rest, alpha: negative_slope}};
  }
  if (class_name === 'Bidirectional') {
    // tfjs-layers adds the prefix itself, and makes the backward layer of the forward one.
    const {layer: forward, backward_layer: _, ...others} = rest as {layer: LayerConfig; backward_layer?: unknown};
    const name = forward.config.name?.replace(/^forward_/, '');
    return {...layer, config: {...others, layer: {...forward, config: {...forward.config, ...(name && {name})}}}};
  }
  const {threshold} = config;
  if (class_name === 'ReLU' && (negative_slope || threshold)) {
    throw new InvalidArgumentError(
      `Layer "${config.name}" is a ReLU with negative_slope ${negative_slope} and threshold ${threshold}, which tfjs-layers ` +
        'does not have; use LeakyReLU or ThresholdedReLU.',
    );
  }
  return layer;
}

/** Where a call's inputs come from: `[[layer, node, tensor, kwargs], …]`. */
function inboundNode(node: unknown): unknown {
  if (!isRecord(node)) return node;
  const {args, kwargs} = node;
  if (histories(kwargs).length > 0) {
    throw new InvalidArgumentError(
      `A layer gets a tensor by name (${Object.keys(kwargs as object).join(', ')}), which tfjs-layers cannot do for models of Keras 3.`,
    );
  }
  // What Keras notes of `training` and `mask` is what the model was made with, not what it is to be called with.
  return histories(args).map(history => [...history, {}]);
}

type Place = readonly [layer: string, node: number, tensor: number];

/**
 * A model with models in it. In Keras 2 and tfjs-layers the first call of these is that by which they were made; Keras 3 does not
 * count it.
 */
function shifted(model: LayerConfig, layers: readonly LayerConfig[]): LayerConfig {
  const models = new Set(layers.filter(({config}) => config.layers !== undefined).map(({config}) => config.name));
  const shift = ([layer, node, ...rest]: Call): Call => [layer, models.has(layer) ? node + 1 : node, ...rest];
  const {input_layers, output_layers} = model.config as {input_layers?: Call[]; output_layers?: Call[]};
  return {
    ...model,
    config: {
      ...model.config,
      layers: layers.map(({inbound_nodes, ...layer}) => ({
        ...layer,
        ...(inbound_nodes && {inbound_nodes: (inbound_nodes as Call[][]).map(calls => calls.map(shift))}),
      })),
      ...(input_layers && {input_layers: input_layers.map(shift)}),
      ...(output_layers && {output_layers: output_layers.map(shift)}),
    },
  };
}

/** A tensor's origin, as tfjs-layers reads it. */
type Call = [layer: string, node: number, ...rest: unknown[]];

/** The origins of all tensors in a call's arguments, in their order. */
function histories(value: unknown): Place[] {
  if (Array.isArray(value)) return value.flatMap(histories);
  if (!isRecord(value)) return [];
  if (value.class_name === '__keras_tensor__') return [(value.config as {keras_history: Place}).keras_history];
  return Object.values(value).flatMap(histories);
}

/** `[layer, 0, 0]` of a single one is written without the list around it. */
function places(value: unknown): unknown {
  if (!Array.isArray(value))
    return isRecord(value) ? Object.values(value).flatMap(part => places(part) as unknown[]) : [];
  return typeof value[0] === 'string' ? [value] : value.flatMap(part => places(part) as unknown[]);
}
