import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/errors.js';
import type {Progress} from '../../../src/long-work.js';
import type {Batch} from '../../../src/model/batch.js';
import {HessianTraceRegularizer} from '../../../src/regularizers/hessian-trace-regularizer.js';
import type {SuggestStrengthArgs} from '../../../src/regularizers/strength/suggest-strength.js';
import {suggestStrength} from '../../../src/regularizers/strength/suggest-strength.js';
import {useEngine} from '../../engines.js';

beforeAll(() => useEngine('cpu'));

const FEATURES = 6;

/** Two classes on the sides of a plane; a share of the labels is wrong. */
function task(samples: number, wrong: number, seed: number) {
  return tf.tidy(() => {
    const x = tf.randomNormal([samples, FEATURES], 0, 1, 'float32', seed);
    const side = tf.greater(tf.sum(tf.slice(x, [0, 0], [samples, 2]), 1, true), 0);
    const flipped = tf.less(tf.randomUniform([samples, 1], 0, 1, 'float32', seed + 1), wrong);
    return {x, y: tf.cast(tf.logicalXor(side, flipped), 'float32')};
  });
}

function batchesOf({x, y}: {x: tf.Tensor; y: tf.Tensor}, size: number) {
  const batches = Array.from({length: x.shape[0]! / size}, (_, i) => ({
    x: tf.slice(x, [i * size, 0], [size, -1]),
    y: tf.slice(y, [i * size, 0], [size, -1]),
  }));
  tf.dispose([x, y]);
  return batches;
}

function network(rate = 0, learningRate = 0.02): tfl.Sequential {
  const initializer = (seed: number) => tfl.initializers.glorotNormal({seed});
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 16, activation: 'tanh', inputShape: [FEATURES], kernelInitializer: initializer(1)}),
      ...(rate > 0 ? [tfl.layers.dropout({rate})] : []),
      tfl.layers.dense({units: 1, activation: 'sigmoid', kernelInitializer: initializer(2)}),
    ],
  });
  model.compile({optimizer: tf.train.adam(learningRate), loss: 'binaryCrossentropy', metrics: ['accuracy']});
  return model;
}

const regularizer = new HessianTraceRegularizer({strength: 1});
/** A sweep that takes less than a second. */
const short: SuggestStrengthArgs = {strengths: [0.01], steps: 3, repeats: 2, draws: 1};

describe('a sweep on validation data', () => {
  it('picks the strength between too little and too much where a quarter of few labels is wrong', async () => {
    const model = network(0, 0.05);
    const data = batchesOf(task(48, 0.25, 3), 24);
    const validation = task(600, 0, 77);
    const joint = new HessianTraceRegularizer({strength: 1, probe: 'joint'});
    const {strength, sweep} = await suggestStrength(model, data, joint, {
      ...{validation, strengths: [0.03, 30], steps: 60, draws: 1},
    });
    expect(sweep!.map(point => point.strength)).toEqual([0, 0.03, 30]);
    expect(strength).toBe(0.03);
    const [none, good, strong] = sweep!;
    expect(sweep!.filter(({picked}) => picked)).toEqual([good]);
    expect(good!.loss).toBeLessThan(Math.min(none!.loss!, strong!.loss!));
    // Beyond chance, by its own error.
    expect(good!.difference!.value + 1.96 * good!.difference!.standardError!).toBeLessThan(0);
    expect(good!.metrics.acc!).toBeGreaterThan(none!.metrics.acc!);
    expect(none!.difference).toMatchObject({value: 0, standardError: 0});
    expect(JSON.parse(JSON.stringify(sweep))).toEqual(sweep);
    tf.dispose([data, validation]);
    model.dispose();
  }, 240_000);

  it('picks 0 where there are enough right labels, and the difference to each strength says why', async () => {
    const model = network();
    const data = batchesOf(task(240, 0, 3), 16);
    const validation = task(600, 0, 77);
    const {strength, sweep, lossGradient, penaltyGradient} = await suggestStrength(model, data, regularizer, {
      ...{validation, epochs: 1, repeats: 2, draws: 1},
    });
    expect(strength).toBe(0);
    const suggested = (0.1 * lossGradient) / penaltyGradient;
    expect(sweep!.map(point => point.strength / suggested)).toEqual(
      [0, 0.1, 0.3, 1, 3, 10].map(factor => expect.closeTo(factor, 10)),
    );
    // The strongest penalty does harm, beyond chance.
    const {difference} = sweep!.at(-1)!;
    expect(difference!.value - 1.96 * difference!.standardError!).toBeGreaterThan(0);
    tf.dispose([data, validation]);
    model.dispose();
  }, 240_000);

  it('trains the copies with strength 0 as the model itself would go on to train', async () => {
    const model = network();
    const [batch] = batchesOf(task(16, 0.25, 3), 16);
    const validation = task(50, 0, 77);
    for (let i = 0; i < 2; i++) await model.trainOnBatch(batch!.x, batch!.y);
    const {sweep} = await suggestStrength(model, batch!, regularizer, {...short, validation});
    for (let i = 0; i < 3; i++) await model.trainOnBatch(batch!.x, batch!.y);
    const [loss, accuracy] = model.evaluate(validation.x, validation.y) as tf.Scalar[];
    // Means over ten parts, in float32.
    expect(sweep![0]!.losses).toEqual([
      expect.closeTo(loss!.dataSync()[0]!, 5),
      expect.closeTo(loss!.dataSync()[0]!, 5),
    ]);
    expect(sweep![0]!.metrics.acc).toBeCloseTo(accuracy!.dataSync()[0]!, 5);
    expect(sweep![1]!.loss).not.toBe(sweep![0]!.loss);
    tf.dispose([batch!, validation, loss!, accuracy!]);
    model.dispose();
  });

  it("leaves the model's training as it is, bit for bit: weights, optimizer and random numbers", async () => {
    const data = batchesOf(task(32, 0.25, 3), 16);
    const validation = task(40, 0, 77);
    const {random} = Math;
    const train = async (between: (model: tfl.LayersModel) => Promise<unknown>) => {
      let state = 1;
      Math.random = () => {
        state = (state * 48271) % 2147483647;
        return state / 2147483647;
      };
      const model = network(0.4);
      for (const {x, y} of data) await model.trainOnBatch(x, y);
      await between(model);
      for (const {x, y} of data) await model.trainOnBatch(x, y);
      const moments = await (model.optimizer as tf.Optimizer).getWeights();
      const bits = [model.getWeights(), moments.map(({tensor}) => tensor)].flat().map(each => [...each.dataSync()]);
      moments[0]!.tensor.dispose();
      return [...bits, state];
    };
    try {
      const alone = await train(async () => {});
      expect(await train(model => suggestStrength(model, data, regularizer, {...short, validation}))).toEqual(alone);
      // The test would see a number that is drawn.
      expect(await train(async () => Math.random())).not.toEqual(alone);
    } finally {
      Math.random = random;
    }
    tf.dispose([data, validation]);
  });

  it('takes validation data as a data set, is the same each time, and leaves no tensors behind', async () => {
    const model = network(0.2);
    const data = batchesOf(task(32, 0.25, 3), 16);
    const validation = batchesOf(task(40, 0, 77), 4);
    await model.trainOnBatch(data[0]!.x, data[0]!.y);
    const before = tf.memory().numTensors;
    const first = await suggestStrength(model, data, regularizer, {...short, validation});
    expect(tf.memory().numTensors).toBe(before);
    expect(await suggestStrength(model, data, regularizer, {...short, validation})).toEqual(first);
    const joined = {x: tf.concat(validation.map(({x}) => x)), y: tf.concat(validation.map(({y}) => y))};
    // The ten parts of one batch are the ten batches.
    expect(await suggestStrength(model, data, regularizer, {...short, validation: joined})).toEqual(first);
    expect(await suggestStrength(model, data, regularizer, {...short, validation, seed: 1})).not.toEqual(first);
    tf.dispose([data, validation, joined]);
    model.dispose();
  });

  it('reports progress that only grows, to the end, and stops where it is aborted, without a tensor left', async () => {
    const model = network();
    const data = batchesOf(task(32, 0.25, 3), 16);
    const validation = task(40, 0, 77);
    const seen: Progress[] = [];
    const onProgress = (progress: Progress) => seen.push(progress);
    const before = tf.memory().numTensors;
    await suggestStrength(model, data, regularizer, {...short, validation, onProgress});
    // Two batches with a gradient and a draw each; two strengths, twice, with three steps and ten parts.
    const total = 2 * 2 + 2 * 2 * (3 + 10);
    expect(seen.map(({done}) => done)).toEqual(Array.from({length: total}, (_, i) => i + 1));
    expect(seen.every(progress => progress.total === total && progress.eta >= 0)).toBe(true);
    expect(seen.at(-1)!.eta).toBe(0);
    for (const stop of [1, 3, 6, 20]) {
      const controller = new AbortController();
      const aborted = suggestStrength(model, data, regularizer, {
        ...{...short, validation, signal: controller.signal},
        onProgress: ({done}) => {
          expect(done).toBeLessThanOrEqual(stop);
          if (done === stop) controller.abort(new Error('enough'));
        },
      });
      await expect(aborted).rejects.toThrow('enough');
      expect(tf.memory().numTensors).toBe(before);
    }
    await expect(
      suggestStrength(model, data, regularizer, {...short, validation, signal: AbortSignal.abort(new Error('early'))}),
    ).rejects.toThrow('early');
    tf.dispose([data, validation]);
    model.dispose();
  });

  it.each<[string, (data: Batch) => SuggestStrengthArgs, RegExp]>([
    ['strengths without validation data', () => ({strengths: [1]}), /strengths is an option of the sweep.*validation/],
    ['repeats without validation data', () => ({repeats: 2}), /repeats is an option of the sweep/],
    ['steps and epochs at once', validation => ({validation, steps: 1, epochs: 1}), /give one of both/],
    ['one repeat', validation => ({validation, repeats: 1}), /at least 2/],
    ['a negative strength', validation => ({validation, strengths: [-1]}), /at least 0/],
    ['validation data of another shape', ({y}) => ({validation: {x: y, y}, ...short}), /does not fit model/],
    ['what is no data', () => ({validation: 3 as never}), /a batch, \{x, y\}, or a data set/],
    ['an empty data set', () => ({validation: []}), /no batches/],
  ])('is refused for %s', async (_, args, message) => {
    const model = network();
    const data = task(16, 0, 3);
    const before = tf.memory().numTensors;
    const refused = suggestStrength(model, data, regularizer, args(data));
    await expect(refused).rejects.toThrow(InvalidArgumentError);
    await expect(refused).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(data);
    model.dispose();
  });

  it('is refused for one validation sample, for sample weights, and where the training without a penalty diverges', async () => {
    const model = network();
    const data = task(16, 0, 3);
    const one = task(1, 0, 3);
    const refused = async (of: tfl.LayersModel, validation: Batch, message: RegExp) => {
      const before = tf.memory().numTensors;
      const promise = suggestStrength(of, data, regularizer, {...short, validation});
      await expect(promise).rejects.toThrow(InvalidArgumentError);
      await expect(promise).rejects.toThrow(message);
      expect(tf.memory().numTensors).toBe(before);
    };
    await refused(model, one, /at least two/);
    const sampleWeight = tf.ones([16]);
    await refused(model, {...data, sampleWeight}, /sampleWeight/);
    const wild = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 4, activation: 'softplus', inputShape: [FEATURES]}),
        tfl.layers.dense({units: 1}),
      ],
    });
    wild.compile({optimizer: tf.train.sgd(1e30), loss: 'meanSquaredError'});
    await refused(wild, data, /without a penalty is not finite/);
    tf.dispose([data, one, sampleWeight]);
  });
});
