import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/errors.js';
import type {Batch} from '../../../src/model/batch.js';
import type {LayerSelection} from '../../../src/model/layers/layer-selection.js';
import type {WeightedLayer} from '../../../src/model/layers/weighted-layers.js';
import {hessian} from '../../../src/operators/hessian.js';
import {quadraticForm} from '../../../src/operators/quadratic-form.js';
import {attachRegularizer} from '../../../src/regularizers/attach-regularizer.js';
import {
  HessianTraceRegularizer,
  type HessianTraceRegularizerArgs,
} from '../../../src/regularizers/hessian-trace-regularizer.js';
import {suggestStrength} from '../../../src/regularizers/strength/suggest-strength.js';
import {useEngine} from '../../engines.js';

let model: tfl.Sequential;
let x: tf.Tensor;
let y: tf.Tensor;

beforeAll(() => useEngine('cpu'));
beforeEach(() => {
  model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 6, activation: 'tanh', inputShape: [4], name: 'first'}),
      tfl.layers.dense({units: 5, activation: 'tanh', name: 'second'}),
      tfl.layers.dense({units: 2, activation: 'softmax', name: 'third'}),
    ],
  });
  // A step moves the weights by the gradient.
  model.compile({optimizer: tf.train.sgd(1), loss: 'categoricalCrossentropy'});
  x = tf.randomNormal([12, 4], 0, 1, 'float32', 1);
  y = tf.tidy(() => tf.oneHot(tf.tensor1d([0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0], 'int32'), 2));
});
afterEach(() => {
  model.dispose();
  tf.dispose([x, y]);
});

/** What the first step of a training moves the weights by. */
async function firstStep(regularizer: HessianTraceRegularizer | null, layers: LayerSelection<WeightedLayer>) {
  const start = model.getWeights().map(weight => weight.clone());
  const attached = regularizer && attachRegularizer(model, regularizer, {layers});
  await model.trainOnBatch(x, y);
  attached?.detach();
  const moved = model.getWeights().map((weight, i) => tf.sub(start[i]!, weight));
  model.setWeights(start);
  const flat = moved.flatMap(each => Array.from(each.dataSync()));
  tf.dispose([start, moved]);
  return flat;
}

const length = (v: readonly number[]) => Math.hypot(...v);

describe('with the suggested strength, the gradient of the penalty of a step is the share of the gradient of the loss', () => {
  it.each<[string, LayerSelection<WeightedLayer>, Omit<HessianTraceRegularizerArgs, 'strength'>, number]>([
    ['by default', 'all', {}, 0.1],
    ['of the middle layer', 'middle', {}, 0.3],
    ['with three normal probes', 'all', {probes: 3, distribution: 'gaussian', seed: 4}, 0.1],
    ['with a joint probe', 'all', {probe: 'joint'}, 0.1],
    ['on the first rows', 'all', {subBatch: 5}, 0.05],
    ['with dropped entries', ['first'], {estimator: 'dropout', keep: 0.5}, 0.1],
  ])('%s', async (_, layers, args, share) => {
    const probing = new HessianTraceRegularizer({strength: 7, ...args});
    const {strength, lossGradient} = await suggestStrength(model, {x, y}, probing, {layers, share, draws: 1});
    // The optimizer counts the steps, and the probes are those of the first.
    const penalized = await firstStep(new HessianTraceRegularizer({strength, ...args}), layers);
    const plain = await firstStep(null, layers);
    const penalty = penalized.map((value, i) => value - plain[i]!);
    expect(lossGradient).toBeCloseTo(length(plain), 5);
    expect(length(penalty) / length(plain) / share).toBeGreaterThan(0.999);
    expect(length(penalty) / length(plain) / share).toBeLessThan(1.001);
  });
});

describe('suggestStrength', () => {
  it('averages over draws, and is the same each time', async () => {
    const regularizer = new HessianTraceRegularizer({strength: 1});
    const [one, four] = [
      await suggestStrength(model, {x, y}, regularizer, {draws: 1}),
      await suggestStrength(model, {x, y}, regularizer),
    ];
    expect(four.penaltyGradient).not.toBe(one.penaltyGradient);
    expect(await suggestStrength(model, {x, y}, regularizer)).toEqual(four);
    expect(four.strength).toBeCloseTo((0.1 * four.lossGradient) / four.penaltyGradient, 10);
  });

  it('changes nothing, and leaves no tensors behind', async () => {
    const weights = model.getWeights().map(weight => Array.from(weight.dataSync()));
    const before = tf.memory().numTensors;
    await suggestStrength(model, {x, y}, new HessianTraceRegularizer({strength: 1, subBatch: 4}), {draws: 2});
    expect(tf.memory().numTensors).toBe(before);
    expect(model.getWeights().map(weight => Array.from(weight.dataSync()))).toEqual(weights);
  });

  it('refuses the Gauss–Newton matrix, an unknown layer, and a penalty without a gradient', async () => {
    const refused = async (promise: Promise<unknown>, message: RegExp) => {
      await expect(promise).rejects.toThrow(InvalidArgumentError);
      await expect(promise).rejects.toThrow(message);
    };
    const regularizer = new HessianTraceRegularizer({strength: 1});
    const gaussNewton = new HessianTraceRegularizer({strength: 1, curvature: 'gaussNewton'});
    await refused(suggestStrength(model, {x, y}, gaussNewton), /curvature: 'gaussNewton'/);
    await refused(suggestStrength(model, {x, y}, regularizer, {layers: ['nowhere']}), /nowhere/);
    const linear = tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [4], name: 'only'})]});
    linear.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await refused(suggestStrength(linear, {x, y}, regularizer), /gradient of the penalty has the length 0/);
    linear.dispose();
  });
});

describe('suggestStrength over a data set', () => {
  const parts = () => [0, 4, 8].map(from => ({x: tf.slice(x, [from, 0], [4, -1]), y: tf.slice(y, [from, 0], [4, -1])}));

  /** The length of ∇ Σ vᵀHv at a step, from the quadratic forms of the public API. */
  async function penaltyLength(batch: Batch, step: number): Promise<number> {
    const regularizer = new HessianTraceRegularizer({strength: 1});
    const gradients: Float32Array[] = [];
    for (const [i, {name}] of model.layers.entries()) {
      const sizes = model.layers[i]!.getWeights().map(({size}) => size);
      const direction = regularizer.direction({step, block: `layer ${i}`, sizes});
      const {gradient} = await quadraticForm(model, batch, {layer: name, direction});
      gradients.push(gradient.dataSync() as Float32Array);
      gradient.dispose();
    }
    return Math.hypot(...gradients[0]!.map((_, j) => gradients.reduce((all, each) => all + each[j]!, 0)));
  }

  it('averages the squares over draws and batches, and gives standard errors from leaving out one batch', async () => {
    const batches = parts();
    const {strength, lossGradient, penaltyGradient, standardErrors, ...rest} = await suggestStrength(
      model,
      batches,
      new HessianTraceRegularizer({strength: 1}),
      {draws: 2},
    );
    const losses: number[] = [];
    const penalties: number[][] = [];
    for (const [i, batch] of batches.entries()) {
      const H = await hessian(model, batch);
      const gradient = H.gradient();
      losses.push(Math.hypot(...gradient.dataSync()));
      H.dispose();
      gradient.dispose();
      penalties.push([await penaltyLength(batch, 1 + 2 * i), await penaltyLength(batch, 2 + 2 * i)]);
    }
    const rms = (values: readonly number[]) =>
      Math.sqrt(values.reduce((all, each) => all + each ** 2, 0) / values.length);
    const without = (i: number) =>
      (0.1 * rms(losses.filter((_, j) => j !== i))) / rms(penalties.filter((_, j) => j !== i).flat());
    const left = [0, 1, 2].map(without);
    const centre = (left[0]! + left[1]! + left[2]!) / 3;
    const error = Math.sqrt((2 / 3) * left.reduce((all, each) => all + (each - centre) ** 2, 0));
    // float32 sums of a hundred terms.
    expect(lossGradient / rms(losses)).toBeCloseTo(1, 5);
    expect(penaltyGradient / rms(penalties.flat())).toBeCloseTo(1, 5);
    expect(strength / ((0.1 * rms(losses)) / rms(penalties.flat()))).toBeCloseTo(1, 5);
    expect(standardErrors!.strength! / error).toBeCloseTo(1, 4);
    expect(rest).toEqual({batches: 3});
    tf.dispose(batches);
  });

  it('is the same for a list, an asynchronous iterable and a tf.data iterator, and reads no more batches than asked for', async () => {
    const batches = parts();
    const regularizer = new HessianTraceRegularizer({strength: 1});
    let given = 0;
    async function* generate() {
      for (const batch of batches) {
        given++;
        yield batch;
      }
    }
    const dataset = {
      async iterator() {
        let next = 0;
        return {
          async next() {
            const batch = batches[next++];
            return {value: batch && {xs: batch.x.clone(), ys: batch.y.clone()}, done: batch === undefined};
          },
        };
      },
    };
    const args = {draws: 1, batches: 2};
    const before = tf.memory().numTensors;
    const expected = await suggestStrength(model, batches, regularizer, args);
    expect(expected.batches).toBe(2);
    expect(await suggestStrength(model, generate(), regularizer, args)).toEqual(expected);
    expect(given).toBe(2);
    expect(await suggestStrength(model, dataset, regularizer, args)).toEqual(expected);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(batches);
  });

  it('gives no standard errors for one batch', async () => {
    const regularizer = new HessianTraceRegularizer({strength: 1});
    const one = await suggestStrength(model, {x, y}, regularizer, {draws: 1});
    expect(one.standardErrors).toBeNull();
    expect(await suggestStrength(model, [{x, y}], regularizer, {draws: 1})).toEqual(one);
  });
});
