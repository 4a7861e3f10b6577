import type {LayersModel} from '@tensorflow/tfjs-layers';
import {wrappedLayers} from '../tfjs-internals/layers/layer.js';
import type {LayerConfig} from './layer-config.js';

/** The name in tfjs-layers of each weight of the file; `null` for a weight that it does not have. */
export function weightNames(
  names: readonly string[],
  topology: LayerConfig,
  model: LayersModel,
): Map<string, string | null> {
  const known = model.weights.map(({originalName}) => originalName);
  const find = names.some(name => VARIABLE.test(name))
    ? byPlace(names, topology, model)
    : byPath(names, known, topology, model);
  return new Map(names.map(name => [name, find(name)]));
}

type Find = (name: string) => string | null;

/** For an .h5 file: by name, and by order within layers whose parts have their own names. */
function byPath(names: readonly string[], known: readonly string[], topology: LayerConfig, model: LayersModel): Find {
  const find = byName(known);
  const found = new Map<string, string | null>();
  for (const [, layer, described] of layerPaths(topology, model)) {
    if (!hasNamedParts(described)) continue;
    const own = names.filter(name => name.split('/').slice(0, -1).includes(layer.name));
    own.forEach((name, i) => {
      const weight = own.length === layer.weights.length ? layer.weights[i]!.originalName : null;
      found.set(name, weight?.split('/').at(-1) === name.split('/').at(-1) ? weight! : null);
    });
  }
  return name => (found.has(name) ? found.get(name)! : find(name));
}

/** Whether the parts of a layer have unknown names: stacked cells, and a backward layer that the user provided. */
function hasNamedParts({config}: LayerConfig): boolean {
  const {cell, backward_layer} = config as {cell?: LayerConfig; backward_layer?: unknown};
  return cell?.config.cells !== undefined || (backward_layer ?? null) !== null;
}

/** For an .h5 file: `sequential/lstm/lstm_cell/kernel` is `lstm/kernel`. The innermost layer counts. */
function byName(known: readonly string[]): Find {
  return name => {
    const path = name.split('/');
    const candidates = known.flatMap(each => {
      const [weight, ...layers] = each.split('/').reverse();
      if (weight !== path.at(-1) && alias(weight) !== path.at(-1)) return [];
      let depth = path.length - 1;
      for (const layer of layers) {
        depth = path.lastIndexOf(layer, depth - 1);
        if (depth < 0) return [];
      }
      return [{each, depth: path.lastIndexOf(layers[0] ?? '', path.length - 2), length: layers.length}];
    });
    candidates.sort((a, b) => b.depth - a.depth || b.length - a.length);
    return candidates[0]?.each ?? null;
  };
}

/** The name in Keras 3. */
function alias(weight: string | undefined): string | undefined {
  return weight === 'depthwise_kernel' ? 'kernel' : undefined;
}

/** A path `…/vars/<i>`, as in a .keras file. */
const VARIABLE = /^(.*)\/vars\/(\d+)$/;

/**
 * For a .keras file: `layers/dense_1/vars/0` is the first weight of the second layer of class Dense, whatever the layer's name.
 * Within a layer, `forward_layer/cell` is before `backward_layer/cell`.
 */
function byPlace(names: readonly string[], topology: LayerConfig, model: LayersModel): Find {
  const found = new Map<string, string>();
  for (const [prefix, layer, config] of layerPaths(topology, model)) {
    const order = partOrder(config);
    const own = names
      .filter(name => name.startsWith(`${prefix}/`))
      .map(name => ({name, path: name.slice(prefix.length)}))
      .flatMap(({name, path}) => {
        const [, part, index] = VARIABLE.exec(path) ?? [];
        return part === undefined || part.includes('seed_generator') ? [] : [{name, part, index: Number(index)}];
      })
      .sort((a, b) => order(a.part) - order(b.part) || a.index - b.index);
    // The order of the parts is unknown: a guess could exchange weights of the same shape.
    if (own.some(({part}, i) => i > 0 && part !== own[i - 1]!.part && order(part) === order(own[i - 1]!.part)))
      continue;
    own.forEach(({name}, i) => {
      const weight = layer.weights[i];
      if (weight !== undefined) found.set(name, weight.originalName);
    });
  }
  return name => found.get(name) ?? null;
}

/** The rank of a part of a layer: forward before backward, and cells in their order. */
function partOrder({config}: LayerConfig): (part: string) => number {
  const {cell} = config as {cell?: {config: {cells?: readonly LayerConfig[]}}};
  const cells = numbered(cell?.config.cells ?? []);
  return part => {
    const [, name] = /^\/cell\/cells\/([^/]+)/.exec(part) ?? [];
    return name === undefined ? Number(part.startsWith('/backward')) : cells.indexOf(name);
  };
}

/** The names of layers in a .keras file, by class: `dense`, `dense_1`, …. */
function numbered(layers: readonly LayerConfig[]): string[] {
  const counts = new Map<string, number>();
  return layers.map(({class_name}) => {
    const key = snakeCase(class_name);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return count === 0 ? key : `${key}_${count}`;
  });
}

type LayerPath = [prefix: string, layer: LayersModel['layers'][number], config: LayerConfig];

/** The path of each layer's weights in a .keras file. */
function layerPaths({config}: LayerConfig, model: LayersModel, path = ''): LayerPath[] {
  const described = config.layers ?? [];
  const names = numbered(described);
  return described.flatMap((each, i): LayerPath[] => {
    const prefix = `${path}layers/${names[i]}`;
    const layer = model.layers.find(({name}) => name === each.config.name);
    // In tfjs-layers a Sequential has no input layer.
    if (layer === undefined) return [];
    if ('layers' in each.config) return layerPaths(each, layer as LayersModel, `${prefix}/`);
    const wrapped = each.config.layer as LayerConfig | undefined;
    if (wrapped?.config.layers === undefined) return [[prefix, layer, each]];
    return layerPaths(wrapped, wrappedLayers(layer)[0] as LayersModel, `${prefix}/layer/`);
  });
}

/** In snake case, as in Keras: `Conv2D` is `conv2d`, `LayerNormalization` is `layer_normalization`. */
function snakeCase(name: string): string {
  return name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
