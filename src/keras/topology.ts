import type {LayerConfig} from './layer-config.js';
import {isLayer, isRecord, modelConfig} from './layer-config.js';
import {refusal} from './refusal.js';
import {histories, isOperation, places, withoutSavedMasks} from './saved-masks.js';
import {layerRules} from './settings.js';

/**
 * Rewrites a topology of Keras 3 in the format of Keras 2, which tfjs-layers reads.
 *
 * @throws InvalidArgumentError for a model that this format cannot describe.
 */
export function keras2Topology(topology: object): object {
  return {...topology, model_config: asKeras2(modelConfig(topology))};
}

function asKeras2(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asKeras2);
  if (!isRecord(value)) return value;
  // Keras 2 saves only the name of a policy.
  if (value.class_name === 'DTypePolicy') return (value.config as {name: string}).name;
  if (isLayer(value) && Array.isArray(value.config.layers)) return asKeras2Model(value);
  return inKeras2Words(value);
}

function asKeras2Model(model: LayerConfig): unknown {
  const plain = withoutSavedMasks(model);
  for (const layer of plain.config.layers!) checkCalls(layer);
  return inKeras2Words(plain);
}

/** Operations with the name and the result of a layer. */
const MERGES = new Set('Add Subtract Multiply Maximum Minimum'.split(' '));

/**
 * Checks the calls of a layer.
 *
 * @throws InvalidArgumentError for a call that tfjs-layers cannot make.
 */
function checkCalls(layer: LayerConfig): void {
  const calls = ((layer.inbound_nodes ?? []) as unknown[]).filter(isRecord);
  for (const {args, kwargs} of calls) {
    if (isOperation(layer) && layer.class_name in layerRules && !isMerge(layer, args)) {
      throw refusal(layer, 'is an operation and not a layer', 'build the model only of layers');
    }
    for (const [key, value] of Object.entries(isRecord(kwargs) ? kwargs : {})) {
      if (INPUT_KEYWORDS.includes(key) || histories(value).length === 0) continue;
      throw refusal(
        layer,
        `is called with a tensor as ${key}, which tfjs-layers cannot do`,
        'build the model without it',
      );
    }
  }
}

/** Whether an operation does the same as a layer: its inputs are tensors of the same rank, and no numbers. */
function isMerge({class_name}: LayerConfig, args: unknown): boolean {
  if (!MERGES.has(class_name) || !Array.isArray(args)) return false;
  const ranks = args.map(each =>
    isRecord(each) ? (each.config as {shape?: unknown[]} | undefined)?.shape?.length : undefined,
  );
  return ranks[0] !== undefined && ranks.every(rank => rank === ranks[0]);
}

function inKeras2Words(value: object): unknown {
  const entries = Object.entries(value).map(([key, part]) => [key, renamed[key]?.(part) ?? asKeras2(part)] as const);
  const result: unknown = Object.fromEntries(entries);
  return isLayer(result) ? asKeras2Layer(result) : result;
}

const renamed: Readonly<Record<string, (part: unknown) => unknown>> = {
  inbound_nodes: part => (part as unknown[]).map(inboundNode),
  input_layers: places,
  output_layers: places,
};

function asKeras2Layer(layer: LayerConfig): LayerConfig {
  const {class_name, config} = layer;
  if (config.layers !== undefined) return shifted(layer, config.layers);
  if (class_name !== 'InputLayer' || config.batch_shape === undefined) return layer;
  const {batch_shape, ...rest} = config;
  return {...layer, config: {...rest, batch_input_shape: batch_shape}};
}

/** The keywords whose tensors are further inputs of the layer in Keras 2. */
const INPUT_KEYWORDS = ['initial_state'];

/** The origins of a call's inputs: `[[layer, node, tensor, kwargs], …]`. */
function inboundNode(node: unknown): unknown {
  if (!isRecord(node)) return node;
  const {args, kwargs} = node;
  const keywords = Object.entries(isRecord(kwargs) ? kwargs : {});
  // Other keywords, such as `training` and `mask`, are those with which the model was made. Keras 3 does not use them: it calls the
  // layers with the arguments of the model.
  return [...histories(args), ...keywords.flatMap(([, value]) => histories(value))].map(history => [...history, {}]);
}

/**
 * Shifts the indices of calls to nested models. In Keras 2 and tfjs-layers the call by which a nested model was made counts as its
 * first call; in Keras 3 it does not count.
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

/** The origin of a tensor, as tfjs-layers reads it. */
type Call = [layer: string, node: number, ...rest: unknown[]];
