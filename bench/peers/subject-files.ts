import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Tensor, Tensor1D} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {CurvatureOperator} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Examples} from '../../examples/mnist/data.js';
import type {Subject} from '../subjects/subject.js';

/** A subject in the form that the peers read. */
export interface SubjectFiles {
  readonly name: string;
  readonly options: Readonly<Record<string, number>>;
  readonly inputs: string;
  readonly inputShape: readonly number[];
  readonly labels: string;
  readonly weights: string;
  readonly direction: string;
  readonly shapes: readonly (readonly number[])[];
  /** The positions of each layer's weights. */
  readonly layers: readonly (readonly number[])[];
}

/**
 * Writes a model's weights, its batch and a direction v of the operator's space for the peers.
 *
 * Layers are in the order in which they were made, as in the peers; `layerNames` lists it.
 */
export function writeSubject(
  tf: TensorFlow,
  {name, options = {}}: Subject,
  model: LayersModel,
  {x, y}: Examples,
  {layers: slices}: CurvatureOperator,
  v: Tensor1D,
  folder: string,
): SubjectFiles & {readonly layerNames: readonly string[]} {
  mkdirSync(folder, {recursive: true});
  const write = (what: string, values: Float32Array | Int32Array) => {
    const path = join(folder, `${name}-${what}`);
    writeFileSync(path, values);
    return path;
  };
  const made = layersWithWeights(model);
  const direction = v.dataSync() as Float32Array;
  const shapes: number[][] = [];
  const [weights, directions]: [Float32Array[], Float32Array[]] = [[], []];
  const layers = made.map(layer => {
    const slice = slices.find(other => other.name === layer.name)!;
    return layer.trainableWeights.map((weight, i) => {
      const values = weight.read().dataSync() as Float32Array;
      const {offset} = slice.weights[i]!;
      shapes.push(weight.shape as number[]);
      weights.push(values);
      return directions.push(direction.subarray(offset, offset + values.length)) - 1;
    });
  });
  const labels = tf.tidy(() => tf.argMax(y, 1).toInt().dataSync()) as Int32Array;
  return {
    name,
    options,
    inputs: write('inputs', (x as Tensor).dataSync() as Float32Array),
    inputShape: x.shape,
    labels: write('labels', labels),
    weights: write('weights', joined(weights)),
    direction: write('direction', joined(directions)),
    shapes,
    layers,
    layerNames: made.map(layer => layer.name),
  };
}

/** A model's layers with weights, in the order in which they were made. */
export function layersWithWeights({layers}: LayersModel): LayersModel['layers'] {
  return layers.filter(layer => layer.trainableWeights.length > 0).sort((a, b) => a.id - b.id);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}
