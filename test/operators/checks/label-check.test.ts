import type {Tensor, Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/errors.js';
import {layerwiseSpectra} from '../../../src/estimators/layerwise-spectra.js';
import type {Batch} from '../../../src/model/batch.js';
import {activationHessian} from '../../../src/operators/activation-hessian.js';
import {fisher} from '../../../src/operators/fisher.js';
import {gaussNewton} from '../../../src/operators/gauss-newton.js';
import {hessian} from '../../../src/operators/hessian.js';
import {quadraticForm} from '../../../src/operators/quadratic-form.js';
import {sampleCurvature} from '../../../src/operators/sample-curvature.js';
import {collectWarnings} from '../../collect-warnings.js';
import {engines, useEngine} from '../../engines.js';

const CLASSES = 3;

function classifier({activation = 'tanh' as 'tanh' | 'linear', gain = 1} = {}): tfl.LayersModel {
  const kernel = (seed: number) => tfl.initializers.randomNormal({stddev: gain, seed});
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({name: 'hidden', units: 5, activation, inputShape: [6], kernelInitializer: kernel(1)}),
      tfl.layers.dense({units: CLASSES, activation: 'softmax', kernelInitializer: kernel(2)}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy'});
  return model;
}

const inputs = (scale = 1): Tensor => tf.mul(tf.randomUniform([8, 6], 0, 1, 'float32', 3), scale);

/** Labels 0, 1, 2, 0, … but for one. */
function labelsWith(label: number, dtype: 'float32' | 'int32' = 'float32'): Tensor {
  return tf.tensor2d(
    Array.from({length: 8}, (_, i) => [i === 5 ? label : i % CLASSES]),
    [8, 1],
    dtype,
  );
}

describe.each(engines)('sparse labels on %s', engine => {
  beforeAll(() => useEngine(engine));
  const warnings = collectWarnings();

  it.each([CLASSES, -1, 0.5, 255, Number.NaN])(
    'that are not classes are refused by every curvature: %s',
    async label => {
      const model = classifier();
      const batch: Batch = {x: inputs(), y: labelsWith(label)};
      const good: Batch = {x: inputs(), y: labelsWith(1)};
      const direction = tf.ones([model.countParams()]) as Tensor1D;
      const before = tf.memory().numTensors;
      const refused = new RegExp(`Label ${label} \\(entry 5 of y.*from 0 to 2`);
      for (const attempt of [
        () => hessian(model, batch),
        () => hessian(model, [good, batch]),
        () => gaussNewton(model, batch),
        () => fisher(model, batch),
        () => activationHessian(model, batch, {layer: 'hidden'}),
        () => sampleCurvature(model, batch),
        () => quadraticForm(model, batch, {direction}),
      ]) {
        await expect(attempt()).rejects.toThrow(InvalidArgumentError);
        await expect(attempt()).rejects.toThrow(refused);
      }
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('that are classes are accepted', async () => {
    const model = classifier();
    const batch = {x: inputs(), y: labelsWith(2)};
    const before = tf.memory().numTensors;
    const H = await hessian(model, batch);
    H.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(warnings).toEqual([]);
  });

  it('that are integers, which TensorFlow.js cannot train with, are an error', async () => {
    const model = classifier();
    const batch = {x: inputs(), y: labelsWith(2, 'int32')};
    const before = tf.memory().numTensors;
    for (const curvature of [hessian, gaussNewton]) {
      await expect(curvature(model, batch)).rejects.toThrow(InvalidArgumentError);
      await expect(curvature(model, batch)).rejects.toThrow(/toFloat/);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('are checked against their own output', async () => {
    const input = tfl.input({shape: [6]});
    const wide = tfl.layers.dense({name: 'wide', units: 7, activation: 'softmax'}).apply(input);
    const narrow = tfl.layers.dense({name: 'narrow', units: 3, activation: 'softmax'}).apply(input);
    const model = tfl.model({inputs: input, outputs: [wide, narrow] as tfl.SymbolicTensor[]});
    model.compile({
      optimizer: 'sgd',
      loss: {wide: 'sparseCategoricalCrossentropy', narrow: 'sparseCategoricalCrossentropy'},
    });
    const five = labelsWith(5);
    const H = await hessian(model, {x: inputs(), y: {wide: five, narrow: labelsWith(1)}});
    H.dispose();
    await expect(hessian(model, {x: inputs(), y: {wide: labelsWith(1), narrow: five}})).rejects.toThrow(
      /Label 5 .* output "narrow"\) is no class/,
    );
  });

  it('are right where a saturated softmax has no curvature, which is said once a spectrum', async () => {
    const model = classifier({activation: 'linear', gain: 4});
    const H = await hessian(model, {x: inputs(255), y: labelsWith(1)});
    const {full} = await layerwiseSpectra(H, {steps: 5, probes: 2});
    expect(full.trace).toMatchObject({value: 0, standardError: 0});
    expect(warnings).toEqual(['zero-curvature']);
    H.dispose();
  });

  const spoiled: [string, (batch: {x: Tensor; y: Tensor}, model: tfl.LayersModel) => Batch][] = [
    ['NaN in the inputs', ({x, y}) => ({x: tf.mul(x, Number.NaN), y})],
    ['Infinity in the inputs', ({x, y}) => ({x: tf.mul(x, Number.POSITIVE_INFINITY), y})],
    ['NaN in the sample weights', ({x, y}) => ({x, y, sampleWeight: tf.fill([8], Number.NaN)})],
    [
      'NaN in the weights',
      (batch, model) => {
        model.setWeights(model.getWeights().map(weight => tf.mul(weight, Number.NaN)));
        return batch;
      },
    ],
  ];
  it.each(spoiled)('do not hide %s', async (_, spoil) => {
    const model = classifier({activation: 'linear'});
    const batch = spoil({x: inputs(), y: labelsWith(1)}, model);
    const before = tf.memory().numTensors;
    await expect(hessian(model, batch)).rejects.toThrow(InvalidArgumentError);
    expect(tf.memory().numTensors).toBe(before);
  });
});
