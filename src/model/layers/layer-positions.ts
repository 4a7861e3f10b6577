import type {Variable} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Layer} from '../../tfjs-internals/layers/layer.js';
import {innerLayers} from '../../tfjs-internals/layers/layer.js';

/**
 * The position of each weight's layer among the layers with weights, from 0.
 *
 * Frozen layers and the layers of nested models count, so neither names nor freezing change a position. A shared layer counts
 * at its first place.
 */
export function layerPositions(model: LayersModel): ReadonlyMap<Variable, number> {
  const positions = new Map<Variable, number>();
  let next = 0;
  const visit = (layer: Layer): void => {
    const inner = innerLayers(layer);
    if (inner !== null) {
      for (const child of inner) visit(child);
      return;
    }
    const fresh = layer.weights.map(weight => weight.read() as Variable).filter(variable => !positions.has(variable));
    for (const variable of fresh) positions.set(variable, next);
    if (fresh.length > 0) next++;
  };
  for (const layer of model.layers) visit(layer);
  return positions;
}
