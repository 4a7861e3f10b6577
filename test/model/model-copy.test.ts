import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {ModelCopy} from '../../src/model/model-copy.js';
import {useEngine} from '../engines.js';
import {GradientReader} from '../regularizers/training.js';

beforeAll(() => useEngine('cpu'));

const optimizers: Record<string, () => tf.Optimizer> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9, true),
  adam: () => tf.train.adam(0.01, 0.8, 0.99),
  adamax: () => tf.train.adamax(0.01, 0.8, 0.99, 1e-7, 0.01),
  // TensorFlow.js subtracts epsilon under the root: with one that is not tiny, a small gradient's update is NaN.
  rmsprop: () => tf.train.rmsprop(0.01, 0.8, 0.5, 1e-30, true),
  adagrad: () => tf.train.adagrad(0.1),
  adadelta: () => tf.train.adadelta(1),
};

function small(optimizer: tf.Optimizer, layers: tfl.layers.Layer[] = []): tfl.Sequential {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({
        ...{units: 5, activation: 'tanh', inputShape: [3], name: 'first'},
        ...{kernelRegularizer: 'l1l2', kernelInitializer: tfl.initializers.glorotUniform({seed: 1})},
      }),
      ...layers,
      tfl.layers.batchNormalization({name: 'norm'}),
      tfl.layers.dense({
        ...{units: 2, kernelConstraint: 'maxNorm', name: 'last'},
        kernelInitializer: tfl.initializers.glorotUniform({seed: 2}),
      }),
    ],
  });
  model.compile({optimizer, loss: 'meanSquaredError', metrics: ['accuracy']});
  return model;
}

const x = () => tf.randomNormal([8, 3], 0, 1, 'float32', 1);
const y = () => tf.randomNormal([8, 2], 0, 1, 'float32', 2);
const weightsOf = (model: tfl.LayersModel) => model.getWeights().map(weight => Array.from(weight.dataSync()));

describe('a copy', () => {
  it.each(Object.keys(optimizers))(
    'trains on as the original would, bit for bit, with %s, as often as it restarts',
    async name => {
      const model = small(optimizers[name]!());
      const batch = {x: x(), y: y()};
      for (let i = 0; i < 3; i++) await model.trainOnBatch(batch.x, batch.y);
      const copy = await ModelCopy.of(model);
      const start = weightsOf(model);
      const runs: number[][][] = [];
      for (let run = 0; run < 2; run++) {
        copy.restart();
        for (let i = 0; i < 3; i++) copy.step(batch, 0);
        runs.push(weightsOf(copy.model));
      }
      expect(weightsOf(model)).toEqual(start);
      for (let i = 0; i < 3; i++) await model.trainOnBatch(batch.x, batch.y);
      expect(runs).toEqual([weightsOf(model), weightsOf(model)]);
      expect(weightsOf(model)).not.toEqual(start);
      expect(
        weightsOf(model)
          .flat()
          .filter(weight => !Number.isFinite(weight)),
      ).toEqual([]);
      copy.dispose();
    },
  );

  it('disposes of all its tensors and leaves the original alone', async () => {
    const model = small(optimizers.adam!(), [tfl.layers.dropout({rate: 0.5})]);
    const batch = {x: x(), y: y()};
    await model.trainOnBatch(batch.x, batch.y);
    for (const [name, make] of Object.entries(optimizers)) {
      model.compile({optimizer: make(), loss: 'meanSquaredError', metrics: ['accuracy']});
      await model.trainOnBatch(batch.x, batch.y);
      const before = tf.memory().numTensors;
      const copy = await ModelCopy.of(model);
      for (let run = 0; run < 2; run++) {
        copy.restart();
        copy.step(batch, run);
      }
      copy.dispose();
      expect(tf.memory().numTensors, name).toBe(before);
    }
  });

  it('draws no number of Math.random', async () => {
    const model = small(optimizers.sgd!(), [tfl.layers.dropout({rate: 0.5})]);
    const batch = {x: x(), y: y()};
    const {random} = Math;
    let calls = 0;
    Math.random = () => {
      calls++;
      return random();
    };
    try {
      const copy = await ModelCopy.of(model);
      copy.step(batch, 1);
      copy.dispose();
    } finally {
      Math.random = random;
    }
    expect(calls).toBe(0);
  });

  it('keeps frozen weights frozen, as the model was compiled', async () => {
    const model = small(optimizers.sgd!());
    model.getLayer('first').trainable = false;
    model.compile({optimizer: optimizers.sgd!(), loss: 'meanSquaredError'});
    model.getLayer('first').trainable = true;
    const copy = await ModelCopy.of(model);
    copy.step({x: x(), y: y()}, 0);
    const [kernel] = copy.model.getLayer('first').getWeights();
    expect(Array.from(kernel!.dataSync())).toEqual(Array.from(model.getLayer('first').getWeights()[0]!.dataSync()));
    expect(copy.model.getLayer('last').getWeights()[0]!.dataSync()).not.toEqual(
      model.getLayer('last').getWeights()[0]!.dataSync(),
    );
    copy.dispose();
  });

  it.each<[string, () => tfl.LayersModel, RegExp]>([
    [
      'is not compiled',
      () => tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1]})]}),
      /not compiled; call model.compile/,
    ],
    ['has an optimizer of another class', () => small(new GradientReader()), /state of its optimizer, GradientReader/],
    [
      'has states',
      () => {
        const model = tfl.sequential({
          layers: [
            tfl.layers.lstm({units: 2, stateful: true, recurrentInitializer: 'zeros', batchInputShape: [2, 3, 1]}),
            tfl.layers.dense({units: 1}),
          ],
        });
        model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
        return model;
      },
      /stateful recurrent layers/,
    ],
    [
      'has a layer whose class is not registered',
      () => {
        class Twice extends tfl.layers.Layer {
          static className = 'TwiceOfTheTest';
          override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
            return tf.mul(Array.isArray(inputs) ? inputs[0]! : inputs, 2);
          }
        }
        return small(optimizers.sgd!(), [new Twice({})]);
      },
      /TwiceOfTheTest.*registerClass/s,
    ],
  ])('is refused if the model %s, and leaves no tensors behind', async (_, make, message) => {
    const model = make();
    const before = tf.memory().numTensors;
    const refused = ModelCopy.of(model);
    await expect(refused).rejects.toThrow(InvalidArgumentError);
    await expect(refused).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});
