import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {replaceTileGradient, tileGradient} from '../../../src/autodiff/gradients/tile-gradient.js';
import {record} from '../../../src/autodiff/recording/recording.js';
import {hessian} from '../../../src/operators/hessian.js';
import {attachRegularizer} from '../../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../../src/regularizers/hessian-trace-regularizer.js';
import {penalized} from '../../../src/regularizers/penalized.js';
import {namesOfKernels} from '../../../src/tfjs-internals/core/kernels.js';
import type {EngineName} from '../../engines.js';
import {engines, useEngine} from '../../engines.js';
import {relativeError} from '../../references.js';
import {runStep} from '../../regularizers/training.js';

const cases: [shape: number[], reps: number[]][] = [
  [[3], [4]],
  [[1], [5]],
  [[4], [1]],
  [
    [3, 2],
    [2, 3],
  ],
  [
    [3, 1],
    [1, 7],
  ],
  [
    [4, 5, 1],
    [1, 1, 6],
  ],
  [
    [1, 1, 6],
    [4, 5, 1],
  ],
  [
    [2, 1, 3],
    [3, 2, 2],
  ],
  [
    [2, 3, 2],
    [1, 1, 1],
  ],
  [
    [2, 1, 1, 3],
    [1, 4, 2, 1],
  ],
  [
    [2, 3, 2, 3],
    [3, 2, 4, 2],
  ],
  [
    [2, 3],
    [0, 2],
  ],
];

describe.each<EngineName>([...engines, 'wasm'])('the gradient of a tile on %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(cases)(
    'equals that of TensorFlow.js for a tensor %j repeated %j times, with fewer than 10 kernels',
    (shape, reps) => {
      const x = tf.randomNormal(shape, 0, 1, 'float32', 1);
      const dy = tf.randomNormal(
        shape.map((size, axis) => size * reps[axis]!),
        0,
        1,
        'float32',
        2,
      );
      const gradient = () => tf.tidy(() => tf.grad(z => tf.tile(z, reps))(x, dy));
      const own = gradient();
      const restore = replaceTileGradient();
      try {
        const sum = gradient();
        expect(sum.shape).toEqual(shape);
        sum.dataSync().forEach((value, i) => {
          expect(value).toBeCloseTo(own.dataSync()[i]!, 5);
        });
        expect(namesOfKernels(() => tileGradient.gradFunc(dy, [x], {reps}).x!()).length).toBeLessThan(10);
      } finally {
        restore();
      }
    },
  );
});

describe('the registered gradient of tile', () => {
  beforeAll(() => useEngine('native'));

  it('is a sum during a recording, and that of TensorFlow.js after it, also after an error', () => {
    const own = tf.getGradient('Tile');
    const {numTensors} = tf.memory();
    const {result, recording} = record(() => tf.getGradient('Tile'));
    recording.dispose();
    expect(result).toBe(tileGradient);
    expect(tf.getGradient('Tile')).toBe(own);
    const failed = () =>
      record(() => {
        expect(tf.getGradient('Tile')).toBe(tileGradient);
        throw new Error('on purpose');
      });
    expect(failed).toThrow('on purpose');
    expect(tf.getGradient('Tile')).toBe(own);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('is not replaced if a user registered it, even one that only accepts certain shapes', () => {
    const own = tf.getGradient('Tile');
    const gradients: tf.GradConfig['gradFunc'][] = [
      (dy, [x]) => ({x: () => tf.reshape(tf.sum(dy as tf.Tensor), x!.shape)}),
      (dy, saved, attrs) => ({x: () => tf.clipByValue(own.gradFunc(dy, saved, attrs).x!(), -1, 1)}),
      () => {
        throw new Error('Only matrices.');
      },
    ];
    try {
      for (const gradFunc of gradients) {
        const config = {kernelName: 'Tile', inputsToSave: ['x'], gradFunc};
        tf.registerGradient(config);
        const {result, recording} = record(() => tf.getGradient('Tile'));
        recording.dispose();
        expect(result).toBe(config);
        expect(tf.getGradient('Tile')).toBe(config);
      }
    } finally {
      tf.registerGradient(own);
    }
  });

  it('is called without adding to an outer tape or recording', () => {
    const own = tf.getGradient('Tile');
    // A gradient that has not been compared yet.
    tf.registerGradient({...own});
    try {
      const {result, recording} = record(() => {
        tf.registerGradient({...own});
        return tf.keep(
          tf.grad(x => {
            replaceTileGradient()();
            return tf.square(x);
          })(tf.scalar(3)),
        );
      });
      expect(result.dataSync()[0]).toBe(6);
      result.dispose();
      expect(recording.nodes.map(({op}) => op.kernel)).not.toContain('Slice');
      recording.dispose();
    } finally {
      tf.registerGradient(own);
    }
  });
});

describe.each(engines)('a layer normalization on %s', engine => {
  beforeAll(() => useEngine(engine));

  function normalized() {
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 4, inputShape: [3, 2], kernelInitializer: tfl.initializers.glorotNormal({seed: 1})}),
        tfl.layers.layerNormalization({}),
        tfl.layers.flatten(),
        tfl.layers.dense({units: 1, kernelInitializer: tfl.initializers.glorotNormal({seed: 2})}),
      ],
    });
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    return model;
  }
  const batchOf = (size: number) => ({
    x: tf.randomNormal([size, 3, 2], 0, 1, 'float32', 3),
    y: tf.randomNormal([size, 1], 0, 1, 'float32', 4),
  });

  it('has a product with the Hessian whose number of kernels does not grow with the batch', async () => {
    const model = normalized();
    const kernels = await Promise.all(
      [4, 32].map(async size => {
        const H = await hessian(model, batchOf(size));
        const v = tf.ones<tf.Rank.R1>([H.size]);
        H.matvec(v);
        const names = namesOfKernels(() => H.matvec(v));
        H.dispose();
        return names;
      }),
    );
    expect(kernels[1]!.length).toBe(kernels[0]!.length);
    expect(kernels[0]).not.toContain('Slice');
  });

  it('has the same product as with the gradient of TensorFlow.js', async () => {
    const batch = batchOf(8);
    const product = async () => {
      const H = await hessian(normalized(), batch);
      const image = H.matvec(tf.randomNormal<tf.Rank.R1>([H.size], 0, 1, 'float32', 5)).dataSync();
      H.dispose();
      return image;
    };
    const own = tf.getGradient('Tile');
    const bySum = await product();
    // With one more kernel it counts as a user's gradient.
    const gradFunc: tf.GradConfig['gradFunc'] = (dy, saved, attrs) => ({
      x: () => tf.mul(own.gradFunc(dy, saved, attrs).x!(), 1),
    });
    tf.registerGradient({...own, gradFunc});
    try {
      expect(relativeError(bySum, [...(await product())])).toBeLessThan(1e-6);
    } finally {
      tf.registerGradient(own);
    }
  });

  it.each(['attached', 'in a custom loss'])(
    'has a penalized step with the same number of kernels on a larger batch, %s',
    how => {
      const own = tf.getGradient('Tile');
      const regularizer = new HessianTraceRegularizer({strength: 0.1});
      const model = normalized();
      const attached = how === 'attached' ? attachRegularizer(model, regularizer) : null;
      const withPenalty = attached === null ? penalized(model, regularizer) : null;
      const kernels = [4, 32].map(size => {
        const {x, y} = batchOf(size);
        const loss = () => tf.losses.meanSquaredError(y, model.apply(x, {training: true}) as tf.Tensor) as tf.Scalar;
        const step = () => {
          if (withPenalty === null) runStep(model, {x, y});
          else tf.tidy(() => tf.variableGrads(withPenalty(loss)));
        };
        step();
        return namesOfKernels(step);
      });
      attached?.detach();
      expect(kernels[0]).not.toContain('Slice');
      expect(kernels[1]!.length).toBe(kernels[0]!.length);
      expect(tf.getGradient('Tile')).toBe(own);
    },
  );
});
