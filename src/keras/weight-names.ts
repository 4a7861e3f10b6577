import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {LayerConfig} from './layer-config.js';

/** tfjs-layers' name of each weight of the file; `null` for one that it has not. */
export function weightNames(
  names: readonly string[],
  topology: LayerConfig,
  model: LayersModel,
): Map<string, string | null> {
  const known = model.weights.map(({originalName}) => originalName);
  const find = names.some(name => VARIABLE.test(name)) ? byPlace(names, topology, model) : byName(known);
  return new Map(names.map(name => [name, find(name)]));
}

type Find = (name: string) => string | null;

/** In an .h5 file: `sequential/lstm/lstm_cell/kernel` is `lstm/kernel`. Of several such names, that of the innermost layer. */
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

/** What Keras 3 calls it. */
function alias(weight: string | undefined): string | undefined {
  return weight === 'depthwise_kernel' ? 'kernel' : undefined;
}

/** `…/vars/<i>`, as in a .keras file. */
const VARIABLE = /^(.*)\/vars\/(\d+)$/;

/**
 * In a .keras file: `layers/dense_1/vars/0` is the first weight of the second layer of class Dense, whatever its name; within a
 * layer `forward_layer/cell` stands before `backward_layer/cell`.
 */
function byPlace(names: readonly string[], topology: LayerConfig, model: LayersModel): Find {
  const found = new Map<string, string>();
  for (const [prefix, layer] of layerPaths(topology, model)) {
    const own = names
      .filter(name => name.startsWith(`${prefix}/`))
      .map(name => ({name, path: name.slice(prefix.length)}))
      .flatMap(({name, path}) => {
        const [, part, index] = VARIABLE.exec(path) ?? [];
        return part === undefined || part.includes('seed_generator') ? [] : [{name, part, index: Number(index)}];
      })
      .sort((a, b) => order(a.part) - order(b.part) || a.index - b.index);
    own.forEach(({name}, i) => {
      const weight = layer.weights[i];
      if (weight !== undefined) found.set(name, weight.originalName);
    });
  }
  return name => found.get(name) ?? null;
}

function order(part: string): number {
  return part.startsWith('/backward') ? 1 : 0;
}

type Layer = LayersModel['layers'][number];

/** Where each layer's weights are in a .keras file. */
function layerPaths({config}: LayerConfig, model: LayersModel, path = ''): [prefix: string, layer: Layer][] {
  const counts = new Map<string, number>();
  return (config.layers ?? []).flatMap((each): [string, Layer][] => {
    const key = snakeCase(each.class_name);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    const prefix = `${path}layers/${count === 0 ? key : `${key}_${count}`}`;
    const layer = model.layers.find(({name}) => name === each.config.name);
    // tfjs-layers leaves out the input of a Sequential.
    if (layer === undefined) return [];
    return 'layers' in each.config ? layerPaths(each, layer as LayersModel, `${prefix}/`) : [[prefix, layer]];
  });
}

/** As Keras does it: Conv2D is conv2d, LayerNormalization layer_normalization. */
function snakeCase(name: string): string {
  return name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
