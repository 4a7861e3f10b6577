import * as tf from '@tensorflow/tfjs-core';
import type {TensorFlow} from 'tfjs-hessian/node';
import {beforeAll, describe, expect, it} from 'vitest';
import {settingsOf} from '../../study/analysis/settings.js';
import {choiceOf, tunings} from '../../study/choose.js';
import {configs} from '../../study/config.js';
import {splitFor} from '../../study/data/split.js';
import {finalJobs, tuningJobs} from '../../study/jobs.js';
import {architectures} from '../../study/models.js';
import type {StudyRecords, Training} from '../../study/records/load.js';
import type {TrainingRecord} from '../../study/records/training-record.js';
import {shuffledBatches} from '../../study/training/batches.js';
import {useEngine} from '../engines.js';

const engine = tf as unknown as TensorFlow;

describe('the choice of strengths', () => {
  const tried = (strength: number, seed: number, accuracy: number, loss: number | null) =>
    ({
      ...{phase: 'tuning', dataSet: 'mnist', model: 'mlp', arm: 'l2', strength, seed},
      validation: {accuracy, loss},
    }) as TrainingRecord;

  it('takes the best mean validation accuracy, and of equal ones the least loss', () => {
    const records = [tried(1, 1, 0.9, 1), tried(1, 2, 0.7, 1), tried(2, 1, 0.8, 0.5), tried(2, 2, 0.8, 0.6)];
    expect(tunings(records)[0]!.chosen).toBe(2);
    expect(tunings([...records, tried(3, 1, 0.81, null)])[0]!.chosen).toBe(3);
    expect(choiceOf(tunings(records))('mnist', 'mlp', 'l2')).toBe(2);
  });

  it('has the same effort for each regularizer, with seeds that the final trainings do not have', () => {
    const tuning = tuningJobs(configs.full);
    const efforts = configs.full.arms
      .filter(arm => arm !== 'none')
      .map(arm => tuning.filter(job => job.arm === arm).length);
    expect(new Set(efforts).size).toBe(1);
    const final = finalJobs(configs.full, () => 1);
    const seeds = new Set(final.map(({seed}) => seed));
    expect(tuning.some(({seed}) => seeds.has(seed))).toBe(false);
    expect(new Set([...tuning, ...final].map(({id}) => id)).size).toBe(tuning.length + final.length);
  });
});

describe('a study that was stopped early', () => {
  it('is judged by the seeds that have been trained with all regularizers', () => {
    const config = configs.ci;
    const [pair] = config.pairs;
    const all = [1, 2].flatMap(seed => config.arms.map(arm => ({phase: 'final', ...pair, arm, seed}) as Training));
    const records = {config, trainings: all.slice(0, -1)} as unknown as StudyRecords;
    const settings = settingsOf(records);
    expect(settings).toHaveLength(1);
    expect(settings[0]!.seeds).toEqual([1]);
    expect(settings[0]!.of('none').map(({seed}) => seed)).toEqual([1]);
  });
});

describe('the middle of an architecture', () => {
  it('has as many layers as the first and the last, and none in common with them', () => {
    expect(architectures.mlp.middle).toEqual(['dense_3', 'dense_4']);
    expect(architectures.lenet.middle).toEqual(['dense_3']);
    expect(architectures.vgg.middle).toEqual(['conv_4', 'conv_5']);
    for (const {first, middle, last} of Object.values(architectures)) {
      expect(new Set([...first, ...middle, ...last]).size).toBe(3 * middle.length);
    }
  });
});

describe('the data of a seed', () => {
  beforeAll(() => useEngine('cpu'));

  // Image i is one pixel of value i.
  const images = (n: number) => ({
    shape: [1, 1, 1] as const,
    pixels: Uint8Array.from({length: n}, (_, i) => i),
    labels: new Uint8Array(n),
  });
  const values = (x: tf.Tensor) => [...x.dataSync()].map(value => Math.round(255 * value));

  it('has no image in training and in validation, and other images for another seed', () => {
    const sizes = {training: 40, validation: 50, test: 5};
    const draw = (seed: number) => splitFor(engine, {pool: images(100), test: images(10)}, sizes, seed);
    const {training, validation, test} = draw(1);
    expect(new Set([...values(training.x), ...values(validation.x)]).size).toBe(90);
    expect(values(test.x)).toEqual([0, 1, 2, 3, 4]);
    expect(values(draw(1).training.x)).toEqual(values(training.x));
    expect(values(draw(2).training.x)).not.toEqual(values(training.x));
  });

  it('comes in batches that hold every example once an epoch, each time in another order', async () => {
    const x = tf.reshape(tf.range(0, 12), [12, 1]);
    const dataSet = shuffledBatches(engine, {x, y: x}, 4, 5);
    const epoch = async () => {
      const iterator = await dataSet.iterator();
      const seen: number[][] = [];
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        seen.push([...next.value.xs.dataSync()]);
        expect([...next.value.ys.dataSync()]).toEqual(seen.at(-1));
      }
      return seen;
    };
    const [first, second] = [await epoch(), await epoch()];
    expect(first).toHaveLength(3);
    expect(first.flat().sort((a, b) => a - b)).toEqual(Array.from({length: 12}, (_, i) => i));
    expect(second).not.toEqual(first);
  });
});
