import * as core from '@tensorflow/tfjs-core';
import {batchesOf} from '../../src/cli/report/data/batches.js';
import {loadTensorFlow} from '../../src/engine/load.js';
import {noCustomObjects} from '../../src/keras/custom-objects.js';
import {buildModel} from '../../src/keras/loading/build-model.js';
import type {SavedModel} from '../../src/keras/loading/model-file.js';
import {hessian} from '../../src/operators/hessian.js';
import type {ModelCase, Variant} from './models.js';

/** Words for messages. */
export const ways = {lossOption: '--loss', layerClass: 'name the module with --import', lossFunction: 'export it'};

/** A variant as the command reads it from its files. */
export function savedModel({model, weights}: Variant): SavedModel {
  return {
    modelTopology: model.modelTopology,
    weightSpecs: model.weightsManifest.flatMap(group => group.weights) as NonNullable<SavedModel['weightSpecs']>,
    weightData: new Uint8Array(Buffer.from(weights, 'base64')).buffer,
  };
}

export function arrayData(values: unknown) {
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0]) shape.push(level.length);
  return {shape, values: Float32Array.from((values as unknown[]).flat(9) as number[])};
}

/** The loss as the model was compiled, and the trace of the Hessian from the whole of it. */
export async function computed(
  {name, x, y, training}: ModelCase,
  variant: Variant,
  custom = noCustomObjects,
): Promise<{loss: number; trace: number}> {
  const {tf} = await loadTensorFlow();
  const model = await buildModel(savedModel(variant), name, {losses: null, custom, ways});
  const data = {x: x.map(arrayData), y: y.map(arrayData)};
  const [batch] = batchesOf(tf, model, data, {batchSize: 100, batches: undefined, training});
  const H = await hessian(model, batch!);
  const trace = core.tidy(() => {
    const identity = core.eye(H.size);
    return core.sum(core.mul(H.matmat(identity), identity)).dataSync()[0]!;
  });
  H.dispose();
  core.dispose(batch as unknown as core.TensorContainer);
  model.dispose();
  return {loss: H.loss, trace};
}

/** The names under which tests run the forms of a model. */
export const forms = ({variants}: ModelCase) =>
  variants.map(variant => [`Keras ${variant.keras}, .${variant.format}`, variant] as const);

/** Within float32's rounding of Keras' float64: of a loss, and of a trace, which is a sum of many second derivatives. */
export const LOSS = 2e-6;
export const TRACE = 2e-5;
export const distance = (value: number, expected: number) =>
  Math.abs(value - expected) / Math.max(1, Math.abs(expected));
