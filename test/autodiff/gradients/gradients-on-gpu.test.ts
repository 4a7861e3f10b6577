import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {replaceGradientsOnGpu} from '../../../src/autodiff/gradients/gradients-on-gpu.js';
import {nativeBackend} from '../../../src/tfjs-internals/node/backend.js';
import {patch} from '../../../src/tfjs-internals/patch.js';
import {engines, useEngine} from '../../engines.js';

/** Every function whose gradient or kernel is replaced, on the numbers at which they have kinks. */
const functions: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  relu: x => tf.relu(x),
  relu6: x => tf.relu6(x),
  abs: x => tf.abs(x),
  'step, alpha 0': x => tf.mul(x, tf.step(x)),
  'step, alpha 0.3': x => tf.mul(x, tf.step(x, 0.3)),
  'sum of all': x => tf.sum(x),
  'sum of rows': x => tf.sum(x, 1),
  'sum of columns, kept': x => tf.sum(x, 0, true),
  'sum of two axes': x => tf.sum(tf.reshape(x, [2, 2, 3]), [0, -1]),
  'mean of all': x => tf.mean(x),
  'mean of rows': x => tf.mean(x, -1),
  'mean of columns, kept': x => tf.mean(x, [0], true),
  'variance of rows': x => tf.moments(x, 1).variance,
  'sum of segments': x => tf.unsortedSegmentSum(x, tf.tensor1d([2, -1, 2], 'int32'), 4),
};
const X = [-7, -1e-30, -0, 0, 1e-30, 0.5, 3, 6, 6.5, Number.POSITIVE_INFINITY, -4, 1 / 3];

const bitsOf = (tensor: tf.Tensor) => [...new Uint32Array(tensor.dataSync<'float32'>().slice().buffer)];

function gradients(numbers: readonly number[] = X): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(functions).map(([name, f]) => [
      name,
      tf.tidy(() => {
        const x = tf.tensor2d([...numbers], [3, 4]);
        const y = f(x);
        const dy = tf.sin(tf.reshape(tf.range(0, y.size), y.shape));
        return bitsOf(tf.grad(f)(x, dy));
      }),
    ]),
  );
}

describe.each(engines)('the gradients of a GPU, forced on %s', engine => {
  beforeAll(() => useEngine(engine));

  it('have the bits of TensorFlow.js, and can be undone without a tensor left', () => {
    const plain = gradients();
    const kernels = ['Relu', 'Relu6', 'Sum', 'Mean', 'UnsortedSegmentSum'];
    const own = kernels.map(tf.getGradient);
    const ownStep = tf.getKernel('Step', 'tensorflow');
    const tensors = tf.memory().numTensors;
    const undo = replaceGradientsOnGpu();
    try {
      kernels.forEach((kernel, i) => {
        expect(tf.getGradient(kernel), kernel).not.toBe(own[i]);
      });
      expect(gradients()).toEqual(plain);
    } finally {
      undo();
    }
    expect(kernels.map(tf.getGradient)).toEqual(own);
    expect(tf.getKernel('Step', 'tensorflow')).toBe(ownStep);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('have the second derivatives of TensorFlow.js', () => {
    const second = () =>
      tf.tidy(() => {
        const f = (x: tf.Tensor) => tf.sum(tf.mul(tf.moments(tf.square(x), 1).variance, tf.mean(tf.abs(x), 1)));
        const slope = (x: tf.Tensor) => tf.sum(tf.square(tf.grad(f)(x)));
        return bitsOf(tf.grad(slope)(tf.tensor2d([0.5, -1, 2, 3, -0.25, 1], [2, 3])));
      });
    const plain = second();
    const undo = replaceGradientsOnGpu();
    expect(second()).toEqual(plain);
    undo();
  });

  it('leave a gradient of the user', () => {
    const original = tf.getGradient('Mean');
    const doubled: tf.GradConfig = {
      ...original,
      gradFunc: (dy, saved, attrs) => ({
        x: () => tf.mul(2, original.gradFunc(dy, saved, attrs).x!()),
      }),
    };
    tf.unregisterGradient('Mean');
    tf.registerGradient(doubled);
    const undo = replaceGradientsOnGpu();
    expect(tf.getGradient('Mean')).toBe(doubled);
    undo();
    tf.registerGradient(original);
  });
});

describe('the gradients of a GPU, forced on native', () => {
  beforeAll(() => useEngine('native'));

  it('have the bits of TensorFlow.js where a number is not one', () => {
    const numbers = X.map((x, i) => (i % 4 === 1 ? Number.NaN : x));
    const plain = gradients(numbers);
    const undo = replaceGradientsOnGpu();
    try {
      expect(gradients(numbers)).toEqual(plain);
    } finally {
      undo();
    }
  });

  it('copy nothing of the size of the activations to the engine', () => {
    const backend = nativeBackend()!;
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({filters: 4, kernelSize: 3, inputShape: [10, 10, 2], activation: 'relu'}),
        tfl.layers.batchNormalization(),
        tfl.layers.conv2d({filters: 4, kernelSize: 3, activation: 'relu6'}),
        tfl.layers.globalAveragePooling2d({}),
        tfl.layers.dense({units: 3}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'meanAbsoluteError'});
    const [x, y] = [tf.randomNormal([32, 10, 10, 2]), tf.randomNormal([32, 3])];
    const step = () => tf.dispose(tf.variableGrads(() => tf.tidy(() => lossOf(model, x, y))));
    const copied = () => {
      let [numbers, most] = [0, 0];
      const {binding} = backend;
      const counting = Object.create(binding, {
        createTensor: {
          value: (shape: number[], dtype: number, values: ArrayLike<number>) => {
            numbers += values?.length ?? 0;
            most = Math.max(most, values?.length ?? 0);
            return binding.createTensor(shape, dtype, values);
          },
        },
      });
      const undo = patch<{binding: object}>(backend, {binding: counting});
      try {
        step();
      } finally {
        undo();
      }
      return {numbers, most};
    };
    step();
    const own = copied();
    // The larger activation has 32 · 8 · 8 · 4 numbers.
    expect(own.most).toBe(8192);
    const undo = replaceGradientsOnGpu();
    const replaced = copied();
    undo();
    expect(replaced.most).toBeLessThan(10);
    expect(replaced.numbers).toBeLessThan(own.numbers / 100);
    tf.dispose([x, y]);
    model.dispose();
  });
});

function lossOf(model: tfl.LayersModel, x: tf.Tensor, y: tf.Tensor): tf.Scalar {
  const prediction = model.apply(x, {training: true}) as tf.Tensor;
  return tf.mean(tf.abs(tf.sub(prediction, y)));
}
