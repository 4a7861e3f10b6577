import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as layers from '@tensorflow/tfjs-layers';
import {LayersModel, Sequential} from '@tensorflow/tfjs-layers';
import {expect, it} from 'vitest';
import {HessianTraceRegularizer} from '../../../src/regularizers/hessian-trace-regularizer.js';

const METHODS = ['makeTrainFunction', 'calculateLosses', 'compile', 'fit', 'fitDataset', 'trainOnBatch', 'build'];

/** The methods of tfjs-layers' models that are replaced since `before`. */
function replacedSince(before: readonly unknown[]): string[] {
  return methods().flatMap((method, i) => (method === before[i] ? [] : [NAMES[i]!]));
}

const NAMES = [LayersModel, Sequential].flatMap(Class => METHODS.map(method => `${Class.name}.${method}`));

function methods(): unknown[] {
  return [LayersModel, Sequential].flatMap(Class =>
    METHODS.map(method => Object.getOwnPropertyDescriptor(Class.prototype, method)?.value),
  );
}

function modelWith(kernelRegularizer?: HessianTraceRegularizer): LayersModel {
  const dense = layers.layers.dense({
    units: 1,
    inputShape: [2],
    ...(kernelRegularizer && {kernelRegularizer}),
  } as never);
  return layers.sequential({layers: [dense]});
}

// This is the only test of its file: what is replaced stays replaced.
it('a regularizer replaces only compile and build, until a model that has one is compiled', async () => {
  await tf.setBackend('cpu');
  const before = methods();
  const regularizer = new HessianTraceRegularizer({strength: 1});
  expect(replacedSince(before)).toEqual(['LayersModel.compile', 'Sequential.build']);
  modelWith().compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  expect(replacedSince(before)).toEqual(['LayersModel.compile', 'Sequential.build']);
  modelWith(regularizer).compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  expect(replacedSince(before)).toContain('LayersModel.makeTrainFunction');
});
