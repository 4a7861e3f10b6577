import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {LayerSelection} from '../model/layers/layer-selection.js';
import {isList, selectLayers, withinCount} from '../model/layers/layer-selection.js';
import {frozenLayers, weightedLayers} from '../model/layers/weighted-layers.js';
import {sliceLayers} from '../operators/blocks/network-operator.js';
import type {LayerSlice} from '../operators/linear-operator.js';

/** Which layers of a model are sampled. Layers may be frozen and unfrozen during training. */
export class SampledLayers {
  /** The layers that were frozen at the newest sample. */
  frozen: readonly string[] = [];

  constructor(private readonly selection: LayerSelection<LayerSlice>) {}

  /**
   * How many layers are selected. A layer that is named and frozen counts: it may be trained later.
   *
   * @throws InvalidArgumentError for an unknown layer, or a selection without layers.
   */
  count(model: LayersModel): number {
    const {selection} = this;
    const slices = this.slices(model);
    if (!isList(selection)) {
      const all = slices.length + this.frozen.length;
      return selectLayers(slices, withinCount(selection, slices.length, all)).length;
    }
    const trained = selection.filter(name => !this.frozen.includes(name));
    if (trained.length > 0 || selection.length === 0) selectLayers(slices, trained);
    return selection.length;
  }

  /**
   * The names of the selected layers.
   *
   * @throws InvalidArgumentError for a layer that is named and frozen now.
   */
  names(model: LayersModel): string[] {
    const slices = this.slices(model);
    return selectLayers(slices, withinCount(this.selection, slices.length), this.frozen).map(({name}) => name);
  }

  private slices(model: LayersModel): readonly LayerSlice[] {
    this.frozen = frozenLayers(model);
    return sliceLayers(weightedLayers(model));
  }
}
