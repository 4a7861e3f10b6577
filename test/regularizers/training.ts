import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as layers from '@tensorflow/tfjs-layers';
import type {Batch} from '../../src/model/batch.js';
import {standardizeBatch} from '../../src/model/batch.js';
import {layerPositions} from '../../src/model/layers/layer-positions.js';
import {trainingModel} from '../../src/tfjs-internals/layers/model.js';
import type {Reference} from '../references.js';

/** All trainable weights, one after the other. */
export function weightsOf(model: LayersModel): number[] {
  return model.trainableWeights.flatMap(weight => [...weight.read().dataSync()]);
}

/** Moves no weight, and remembers the gradient that it was to move them by. */
export class GradientReader extends tf.Optimizer {
  static readonly className = 'GradientReader';
  gradients: Record<string, Float32Array> = {};

  override applyGradients(gradients: tf.NamedTensorMap | {name: string; tensor: Tensor}[]): void {
    const named = Array.isArray(gradients)
      ? gradients.map(({name, tensor}) => [name, tensor] as const)
      : Object.entries(gradients);
    // TensorFlow.js hands over `undefined` for a variable that the tape does not lead to.
    const known = named.filter(([, tensor]) => tensor !== undefined);
    this.gradients = Object.fromEntries(known.map(([name, tensor]) => [name, tensor.dataSync() as Float32Array]));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }

  /** Over all trainable weights of a model. */
  of(model: LayersModel): number[] {
    return model.trainableWeights.flatMap(weight => {
      const variable = weight.read() as Variable;
      return [...(this.gradients[variable.name] ?? new Float32Array(variable.size))];
    });
  }
}

/** Runs a model's training step on a batch, sample weights included (which `trainOnBatch` does not take). */
export function runStep(model: LayersModel, batch: Batch): void {
  tf.tidy(() => {
    const {inputs, targets, sampleWeights} = standardizeBatch(model, batch);
    const data = [...inputs, ...targets, ...sampleWeights];
    // The step keeps its metrics for its caller.
    for (const tensor of trainingModel(model).makeTrainFunction()(data)) tensor?.dispose();
  });
}

export function recompile(model: LayersModel, optimizer: tf.Optimizer): void {
  model.compile({optimizer, loss: model.loss as string});
}

/** The gradient of a model's next training step. */
export function gradientOfStep(model: LayersModel, batch: Batch): number[] {
  const reader = new GradientReader();
  recompile(model, reader);
  runStep(model, batch);
  return reader.of(model);
}

export function minus(a: readonly number[], b: readonly number[], scale = 1): number[] {
  return a.map((entry, i) => (entry - b[i]!) / scale);
}

/** A reference's layer, with a regularizer in the configuration of each of its weights. */
export function withConfigured(
  model: LayersModel,
  layer: string,
  regularizer: layers.layers.Layer | {getConfig(): tf.serialization.ConfigDict; getClassName(): string},
): Promise<LayersModel> {
  const topology = model.toJSON(null, false) as Record<string, unknown>;
  const json = {class_name: regularizer.getClassName(), config: snakeCase(regularizer.getConfig())};
  const inject = (config: Record<string, unknown>) => {
    for (const [key, value] of Object.entries(config)) {
      if (/(?<!activity)_regularizer$/.test(key)) config[key] = json;
      else if (typeof value === 'object' && value !== null) inject(value as Record<string, unknown>);
    }
  };
  const find = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const {config} = node as {config?: Record<string, unknown>};
    if (config && config.name === layer.split('/').at(-1)) inject(config);
    for (const child of Object.values(node)) find(child);
  };
  find(topology);
  return layers.models.modelFromJSON(JSON.parse(JSON.stringify(topology))).then(copy => {
    copy.setWeights(model.getWeights());
    return copy;
  });
}

function snakeCase(config: tf.serialization.ConfigDict): object {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace(/[A-Z]/g, c => `_${c.toLowerCase()}`), value]),
  );
}

/** What seeds the probes of a layer's block. */
export function blockOf(model: LayersModel, layer: string): `layer ${number}` {
  return `layer ${layerPositions(model).get(model.getLayer(layer).trainableWeights[0]!.read() as Variable)!}`;
}

export function hasPenalty({penalty, training}: Reference): boolean {
  return penalty !== undefined && training;
}
