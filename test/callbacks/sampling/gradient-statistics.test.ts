import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {gradientStatistics} from '../../../src/callbacks/sampling/gradient-statistics.js';
import {TfjsHessianError} from '../../../src/errors.js';
import {WeightSnapshot} from '../../../src/model/weight-snapshot.js';
import {useEngine} from '../../engines.js';

beforeAll(() => useEngine('cpu'));

/** Linear regression: the loss is a quadratic of the weights. */
function linear(learningRate: number): tfl.Sequential {
  const model = tfl.sequential({
    layers: [tfl.layers.dense({units: 1, inputShape: [2], name: 'only', kernelInitializer: 'ones'})],
  });
  model.compile({optimizer: tf.train.sgd(learningRate), loss: 'meanSquaredError'});
  return model;
}

/** Targets far from the predictions: the samples' gradients point the same way. */
function farData(samples: number) {
  return {
    x: tf.randomNormal([samples, 2], 2, 1, 'float32', 1),
    y: tf.randomNormal([samples, 1], 20, 1, 'float32', 2),
  };
}

/** ∇ℓᵢ = 2 (w·xᵢ + b − yᵢ) (xᵢ, 1), in float64. */
function sampleGradients(w: readonly number[], {x, y}: {x: tf.Tensor; y: tf.Tensor}): number[][] {
  const rows = x.arraySync() as number[][];
  const targets = y.dataSync();
  return rows.map((row, i) => {
    const residual = row[0]! * w[0]! + row[1]! * w[1]! + w[2]! - targets[i]!;
    return [2 * residual * row[0]!, 2 * residual * row[1]!, 2 * residual];
  });
}
const mean = (rows: readonly number[][]) =>
  rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const minus = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value - b[i]!);
const weightsOf = (model: tfl.LayersModel) => model.getWeights().flatMap(weight => [...weight.dataSync()]);
const noStep = {before: null, subBatch: null, regularizers: false, seed: 0};

describe('gradientStatistics', () => {
  it('agrees with numbers by hand: length, step, alpha, and the noise scale by its definition', async () => {
    const data = farData(6);
    const model = linear(0.005);
    const before = new WeightSnapshot(model);
    const start = weightsOf(model);
    await model.trainOnBatch(data.x, data.y);
    const end = weightsOf(model);
    const tensors = tf.memory().numTensors;
    const {gradients, gradientPasses} = await gradientStatistics(model, data, {...noStep, before, parts: 6});
    expect(tf.memory().numTensors).toBe(tensors);
    expect(weightsOf(model)).toEqual(end);
    expect(gradientPasses).toBe(3);
    const own = sampleGradients(end, data);
    const [g0, g1] = [mean(sampleGradients(start, data)), mean(own)];
    const step = minus(end, start);
    // The unbiased covariance of the samples' gradients; their mean's squared length is too large by its trace / 6.
    const variance = own.reduce((sum, g) => sum + dot(minus(g, g1), minus(g, g1)), 0) / 5;
    const signal = dot(g1, g1) - variance / 6;
    expect(signal).toBeGreaterThan(0);
    // float32 sums of a few numbers.
    expect(gradients.full.norm / Math.sqrt(dot(g1, g1))).toBeCloseTo(1, 5);
    expect(gradients.full.updateRatio! / Math.sqrt(dot(step, step) / dot(start, start))).toBeCloseTo(1, 5);
    expect(gradients.alpha! / (-dot(g1, step) / dot(g0, step))).toBeCloseTo(1, 4);
    expect(gradients.full.noiseScale! / (variance / signal)).toBeCloseTo(1, 4);
    expect(gradients.layers).toEqual({only: gradients.full});
    expect(gradients.parts).toBe(6);
    before.dispose();
    tf.dispose(data);
  });

  it.each([0.1, 0.5, 0.7, 1])(
    'for L = (w − 3)² and gradient descent with the learning rate η = %d, alpha is 2 η − 1',
    async rate => {
      // w₁ − 3 = (1 − 2 η) (w₀ − 3).
      const model = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [1], useBias: false})]});
      model.compile({optimizer: tf.train.sgd(rate), loss: 'meanSquaredError'});
      const data = {x: tf.ones([4, 1]), y: tf.fill([4, 1], 3)};
      const before = new WeightSnapshot(model);
      await model.trainOnBatch(data.x, data.y);
      const {gradients} = await gradientStatistics(model, data, {...noStep, before, parts: 2});
      // The residual after the step is rounded to float32.
      expect(gradients.alpha).toBeCloseTo(2 * rate - 1, 5);
      expect(gradients.full.noiseScale === null || gradients.full.noiseScale < 1e-9).toBe(true);
      before.dispose();
    },
  );

  it('takes the noise scale from parts of unequal size, by the analysis of variance between them', async () => {
    const data = farData(7);
    const model = linear(0.05);
    const {gradients, gradientPasses} = await gradientStatistics(model, data, {...noStep, parts: 3});
    const own = sampleGradients(weightsOf(model), data);
    // Edges at round(7 i / 3).
    const parts = [own.slice(0, 2), own.slice(2, 5), own.slice(5)];
    const whole = mean(own);
    const variance = parts.reduce((sum, part) => {
      const off = minus(mean(part), whole);
      return sum + (part.length * dot(off, off)) / 2;
    }, 0);
    const signal = dot(whole, whole) - variance / 7;
    expect(signal).toBeGreaterThan(0);
    expect(gradients.full.noiseScale! / (variance / signal)).toBeCloseTo(1, 4);
    expect(gradients).toMatchObject({parts: 3, alpha: null, full: {updateRatio: null}});
    expect(gradientPasses).toBe(2);
  });

  it('over many random batches, tr Σ and |G|² of the parts average to those of the data set', async () => {
    // The estimates are read from the record: norm² = ‖Ḡ‖², and noiseScale = tr Σ / (‖Ḡ‖² − tr Σ / B).
    const data = farData(64);
    const model = linear(0.05);
    const own = sampleGradients(weightsOf(model), data);
    const whole = mean(own);
    const trueVariance = own.reduce((sum, g) => sum + dot(minus(g, whole), minus(g, whole)), 0) / 64;
    const batchSize = 16;
    const variances: number[] = [];
    const signals: number[] = [];
    const draws = tf.unstack(tf.randomUniform([100, batchSize], 0, 64, 'int32', 1)) as tf.Tensor1D[];
    for (const rows of draws) {
      const batch = {x: tf.gather(data.x, rows), y: tf.gather(data.y, rows)};
      const {gradients} = await gradientStatistics(model, batch, {...noStep, parts: 4});
      const [square, scale] = [gradients.full.norm ** 2, gradients.full.noiseScale!];
      const variance = (scale * square) / (1 + scale / batchSize);
      variances.push(variance);
      signals.push(square - variance / batchSize);
      tf.dispose([rows, batch]);
    }
    for (const [values, truth] of [
      [variances, trueVariance],
      [signals, dot(whole, whole)],
    ] as const) {
      const center = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = Math.sqrt(
        values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length * (values.length - 1)),
      );
      // Four standard errors of the mean over the batches.
      expect(Math.abs(center - truth)).toBeLessThan(4 * spread);
    }
  });

  it('has no noise scale where the noise hides the gradient, or for one sample', async () => {
    const model = linear(0.05);
    // The predictions are 2; the residuals ±1 cancel.
    const balanced = {x: tf.ones([4, 2]), y: tf.tensor2d([1, 3, 1, 3], [4, 1])};
    const hidden = await gradientStatistics(model, balanced, {...noStep, parts: 4});
    expect(hidden.gradients.full).toEqual({norm: 0, updateRatio: null, noiseScale: null});
    const one = await gradientStatistics(model, balanced, {...noStep, parts: 4, subBatch: 1});
    // ‖2 · (1, 1, 1)‖.
    expect(one.gradients.full.norm).toBeCloseTo(2 * Math.sqrt(3), 5);
    expect(one.gradients).toMatchObject({parts: 1, full: {noiseScale: null}});
    expect(one.gradientPasses).toBe(1);
  });

  it('with regularizers is of the penalized loss: 2 λ w is added to each gradient, and the covariance stays', async () => {
    const data = farData(6);
    const kernelRegularizer = tfl.regularizers.l2({l2: 5});
    const model = tfl.sequential({
      layers: [tfl.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'ones', kernelRegularizer})],
    });
    model.compile({optimizer: tf.train.sgd(0.005), loss: 'meanSquaredError'});
    const [first, second, bias] = weightsOf(model) as [number, number, number];
    const own = sampleGradients([first, second, bias], data).map(g => [g[0]! + 10 * first, g[1]! + 10 * second, g[2]!]);
    const g = mean(own);
    const variance = own.reduce((sum, each) => sum + dot(minus(each, g), minus(each, g)), 0) / 5;
    const {gradients} = await gradientStatistics(model, data, {...noStep, regularizers: true, parts: 6});
    // float32 sums of a few numbers.
    expect(gradients.full.norm / Math.sqrt(dot(g, g))).toBeCloseTo(1, 5);
    expect(gradients.full.noiseScale! / (variance / (dot(g, g) - variance / 6))).toBeCloseTo(1, 4);
  });

  it('does not cut the batch of a stateful model: a part does not fit its states', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.simpleRNN({
          units: 2,
          batchInputShape: [4, 3, 2],
          stateful: true,
          recurrentInitializer: 'glorotNormal',
        }),
        tfl.layers.dense({units: 1}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const data = {x: tf.ones([4, 3, 2]), y: tf.ones([4, 1])};
    const before = new WeightSnapshot(model);
    await model.trainOnBatch(data.x, data.y);
    const {gradients, gradientPasses} = await gradientStatistics(model, data, {...noStep, before, parts: 4});
    expect(gradients).toMatchObject({parts: 1, alpha: expect.any(Number), full: {noiseScale: null}});
    expect(gradients.full.norm).toBeGreaterThan(0);
    expect(gradientPasses).toBe(2);
    before.dispose();
  });

  it('fails with a typed error for a gradient that is not finite, and leaves no tensors', async () => {
    const model = linear(0.05);
    const data = {x: tf.fill([4, 2], Number.NaN), y: tf.ones([4, 1])};
    const tensors = tf.memory().numTensors;
    await expect(gradientStatistics(model, data, {...noStep, parts: 4, subBatch: 3})).rejects.toThrow(TfjsHessianError);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
