import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import type {Layer} from '../tfjs-internals/layers/layer.js';
import {innerLayers} from '../tfjs-internals/layers/layer.js';
import {replaceCall} from '../tfjs-internals/layers/layer-calls.js';
import {lastingModel} from './lasting-model.js';
import {unknownLayer} from './layers/unknown-layer.js';

/** Keeps the outputs of a layer, until it is released. */
export interface LayerOutput {
  /**
   * The first output.
   *
   * @throws InvalidArgumentError if the layer has not run, or has several outputs.
   */
  first(): Tensor;
  release(): void;
}

/**
 * Watches the output of a layer.
 *
 * @param name the layer's name; in a nested model `outer/inner`.
 * @throws InvalidArgumentError for a layer that is not in the model.
 */
export function watchLayerOutput(model: LayersModel, name: string): LayerOutput {
  const layers = allLayers(lastingModel(model).layers, '');
  const layer = layers.find(candidate => candidate.name === name)?.layer;
  if (layer === undefined) throw unknownLayer(name, layers);
  const seen: (Tensor | Tensor[])[] = [];
  const release = replaceCall(callee(model, layer), call => (inputs, kwargs) => {
    const output = call(inputs, kwargs);
    seen.push(output);
    return output;
  });
  return {
    release,
    first() {
      const [output] = seen;
      const list = Array.isArray(output) ? output : output ? [output] : [];
      if (list.length === 1) return list[0]!;
      throw new InvalidArgumentError(`Layer "${name}" has ${list.length} outputs in this model; it must have one.`);
    },
  };
}

/**
 * The layer whose `call` runs for a layer. If the first layer of a `Sequential` is a model, the `Sequential` calls the layers
 * of that model one by one.
 */
function callee(model: LayersModel, layer: Layer): Layer {
  let [first] = lastingModel(model).layers;
  while (first !== undefined && innerLayers(first) !== null) {
    if (first === layer) return (layer as LayersModel).outputs[0]!.sourceLayer;
    [first] = innerLayers(first)!;
  }
  return layer;
}

function allLayers(layers: readonly Layer[], path: string): {name: string; layer: Layer}[] {
  return layers.flatMap(layer => {
    const name = path + layer.name;
    return [{name, layer}, ...allLayers(innerLayers(layer) ?? [], `${name}/`)];
  });
}
