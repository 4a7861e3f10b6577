import type {Scalar, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Layer} from '../../tfjs-internals/layers/layer.js';
import {innerLayers, internalsOf} from '../../tfjs-internals/layers/layer.js';
import {publicModel, trainingModel} from '../../tfjs-internals/layers/model.js';
import type {TracePenalty} from '../trace-penalty.js';

/** What stands in the configuration of a model's layers, of their cells and of the layers that they wrap. */
interface Configured {
  readonly regularizers: readonly TracePenalty[];
  /** The layers and cells in whose configuration one stands. */
  readonly holders: readonly Layer[];
  readonly leftOut: readonly (() => Scalar)[];
}

let regularizerClass: (abstract new (...args: never[]) => TracePenalty) | null = null;
const configuredIn = new WeakMap<object, Configured>();

/** Names the class whose instances are looked for. */
export function lookFor(wanted: abstract new (...args: never[]) => TracePenalty): void {
  regularizerClass = wanted;
}

export function configuredRegularizers(model: LayersModel): readonly TracePenalty[] {
  return configured(model).regularizers;
}

/** The trainable weights of all that has one in its configuration. */
export function configuredWeights(model: LayersModel): Variable[] {
  return configured(model).holders.flatMap(holder => holder.trainableWeights.map(weight => weight.read() as Variable));
}

/**
 * The regularizers, of whatever kind, of weights that tfjs-layers never asks about: it leaves out those of recurrent
 * layers' cells and of what `bidirectional` wraps.
 */
export function lossesThatTfjsLeavesOut(model: LayersModel): readonly (() => Scalar)[] {
  return configured(model).leftOut;
}

function configured(model: LayersModel): Configured {
  const target = trainingModel(model);
  let found = configuredIn.get(target);
  if (found === undefined) {
    found = look(publicModel(target));
    configuredIn.set(target, found);
  }
  return found;
}

function look(model: LayersModel): Configured {
  const regularizers = new Set<TracePenalty>();
  const holders = new Set<Layer>();
  const asked = new Set<unknown>();
  const seen = new Set<object>();
  const visit = (layer: Layer, isAsked: boolean) => {
    if (isAsked) asked.add(lossesOf(layer));
    if (seen.has(layer)) return;
    seen.add(layer);
    for (const inner of innerLayers(layer) ?? []) visit(inner, isAsked);
    for (const value of Object.values(layer).flat()) {
      if (regularizerClass !== null && value instanceof regularizerClass) {
        regularizers.add(value);
        holders.add(layer);
      } else if (value instanceof tf.serialization.Serializable && 'trainableWeights' in value) {
        visit(value as Layer, false);
      }
    }
  };
  visit(model, true);
  const leftOut = [...holders].map(lossesOf).filter(losses => !asked.has(losses));
  return {regularizers: [...regularizers], holders: [...holders], leftOut: leftOut.flat()};
}

/** A wrapper's are those of the layer that it wraps. */
function lossesOf(layer: Layer): (() => Scalar)[] {
  return internalsOf(layer).losses;
}
