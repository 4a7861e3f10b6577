import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {fasterGradients, fasterGradientsUnnoticed} from '../../../src/autodiff/gradients/faster-gradients.js';
import {engines, useEngine} from '../../engines.js';

describe.each(engines)('faster gradients on %s', engine => {
  beforeAll(() => useEngine(engine));

  async function trained(): Promise<number[][]> {
    const kernelInitializer = (seed: number) => tfl.initializers.glorotNormal({seed});
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({
          filters: 3,
          kernelSize: 3,
          inputShape: [8, 8, 2],
          activation: 'relu',
          kernelInitializer: kernelInitializer(1),
        }),
        tfl.layers.maxPooling2d({}),
        tfl.layers.flatten(),
        tfl.layers.dense({units: 5, activation: 'relu6', kernelInitializer: kernelInitializer(2)}),
        tfl.layers.dense({units: 2, kernelInitializer: kernelInitializer(3)}),
      ],
    });
    model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
    const x = tf.randomNormal([6, 8, 8, 2], 0, 1, 'float32', 4);
    const y = tf.randomNormal([6, 2], 0, 1, 'float32', 5);
    for (let i = 0; i < 5; i++) await model.trainOnBatch(x, y);
    return model.getWeights().map(weight => [...weight.dataSync()]);
  }

  it('train to the same bits, and can be undone', async () => {
    const plain = await trained();
    const kernels = ['Relu', 'Relu6', 'Tile'];
    const own = kernels.map(tf.getGradient);
    const undo = fasterGradients();
    kernels.forEach((kernel, i) => {
      expect(tf.getGradient(kernel)).not.toBe(own[i]);
    });
    expect(await trained()).toEqual(plain);
    undo();
    expect(kernels.map(tf.getGradient)).toEqual(own);
  });

  it('do not replace a registered gradient of the user; replace relu on the native engine and tile on all engines', () => {
    const tile = tf.getGradient('Tile');
    const original = tf.getGradient('Relu');
    const guided = {
      kernelName: 'Relu',
      outputsToSave: [true],
      gradFunc: (dy: tf.Tensor | tf.Tensor[], [y]: tf.Tensor[]) => ({
        x: () => tf.mul(tf.relu(dy as tf.Tensor), tf.step(y!)),
      }),
    };
    const tensors = tf.memory().numTensors;
    const undo = fasterGradientsUnnoticed();
    expect(tf.getGradient('Relu') === original).toBe(engine !== 'native');
    expect(tf.getGradient('Tile')).not.toBe(tile);
    undo();
    expect(tf.getGradient('Tile')).toBe(tile);
    expect(tf.getGradient('Relu')).toBe(original);
    tf.registerGradient(guided);
    const undoGuided = fasterGradientsUnnoticed();
    expect(tf.getGradient('Relu')).toBe(guided);
    undoGuided();
    tf.registerGradient(original);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('train a layer normalization like TensorFlow.js, up to rounding', async () => {
    const normalized = async () => {
      const dense = (units: number, seed: number) =>
        tfl.layers.dense({units, kernelInitializer: tfl.initializers.glorotNormal({seed})});
      const model = tfl.sequential({
        layers: [
          tfl.layers.inputLayer({inputShape: [5, 3]}),
          dense(4, 1),
          tfl.layers.layerNormalization({}),
          dense(2, 2),
        ],
      });
      model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
      const x = tf.randomNormal([6, 5, 3], 0, 1, 'float32', 4);
      const y = tf.randomNormal([6, 5, 2], 0, 1, 'float32', 5);
      for (let i = 0; i < 5; i++) await model.trainOnBatch(x, y);
      return model.getWeights().flatMap(weight => [...weight.dataSync()]);
    };
    const plain = await normalized();
    const undo = fasterGradients();
    const faster = await normalized();
    undo();
    faster.forEach((weight, i) => {
      expect(weight).toBeCloseTo(plain[i]!, 5);
    });
  });

  it('have the same bits at 0, at 6 and above', () => {
    const x = tf.tensor1d([-2, -0, 0, 1e-30, 3, 6, 6.5, Number.POSITIVE_INFINITY]);
    const dy = tf.tensor1d([1, -1, 2, -2, 3, -3, 4, -4]);
    const gradients = () =>
      [tf.relu, tf.relu6].map(f => [
        ...tf
          .grad(z => f(z))(x, dy)
          .dataSync(),
      ]);
    const plain = gradients();
    const undo = fasterGradients();
    expect(gradients()).toEqual(plain);
    undo();
  });
});
