import type {Scalar, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Layer} from '../../tfjs-internals/layers/layer.js';
import {innerLayers, internalsOf} from '../../tfjs-internals/layers/layer.js';
import {publicModel, trainingModel} from '../../tfjs-internals/layers/model.js';
import type {TracePenalty} from '../trace-penalty.js';

/**
 * A penalty in the configuration of a layer.
 *
 * tfjs-layers asks a regularizer for its value for each weight at the end of a forward pass, and does not say in which model.
 * Therefore the training step gives it the values meanwhile.
 */
export class ConfiguredPenalty {
  private valueInStep: ((weight: Variable) => Scalar | null) | null = null;

  constructor(readonly penalty: TracePenalty) {}

  /** The penalty on a weight. It is zero outside a training step, which has no data loss. */
  valueFor(weight: Variable): Scalar {
    return this.valueInStep?.(weight) ?? tf.scalar(0);
  }

  /** Gives the penalties on weights while `body` runs, in which tfjs-layers asks for regularizers. */
  during<T>(valueFor: (weight: Variable) => Scalar | null, body: () => T): T {
    this.valueInStep = valueFor;
    try {
      return body();
    } finally {
      this.valueInStep = null;
    }
  }
}

/** The penalties in the configuration of a model's layers, of their cells and of the layers that they wrap. */
export interface ConfiguredPenalties {
  readonly penalties: readonly ConfiguredPenalty[];
  /** The trainable weights of the layers and cells that have one. */
  readonly weights: readonly Variable[];
  /**
   * The regularizers of any kind that tfjs-layers never asks for: those of recurrent layers' cells and of layers inside
   * `bidirectional`.
   */
  readonly leftOut: readonly (() => Scalar)[];
}

export function configuredPenalties(model: LayersModel): ConfiguredPenalties {
  const penalties = new Set<ConfiguredPenalty>();
  const holders = new Set<Layer>();
  const asked = new Set<unknown>();
  const seen = new Set<object>();
  const visit = (layer: Layer, isAsked: boolean) => {
    if (isAsked) asked.add(internalsOf(layer).losses);
    if (seen.has(layer)) return;
    seen.add(layer);
    for (const inner of innerLayers(layer) ?? []) visit(inner, isAsked);
    for (const value of Object.values(layer).flat()) {
      if (!(value instanceof tf.serialization.Serializable)) continue;
      const {configured} = value as {configured?: unknown};
      if (configured instanceof ConfiguredPenalty) {
        penalties.add(configured);
        holders.add(layer);
      } else if ('trainableWeights' in value) visit(value as Layer, false);
    }
  };
  visit(publicModel(trainingModel(model)), true);
  // A wrapper and its inner layer have the same list.
  const leftOut = [...holders].map(holder => internalsOf(holder).losses).filter(losses => !asked.has(losses));
  return {
    penalties: [...penalties],
    weights: [...holders].flatMap(holder => holder.trainableWeights.map(weight => weight.read() as Variable)),
    leftOut: leftOut.flat(),
  };
}
