import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {beforeAll, describe, expect, it} from 'vitest';
import type {PartialSum, Parts} from '../../../src/operators/from-model/pairwise-sum.js';
import {PairwiseSum, weighted} from '../../../src/operators/from-model/pairwise-sum.js';
import {useEngine} from '../../engines.js';

const numbers = (parts: Parts) => parts.map(tensor => tensor && [...tensor.dataSync()]);

/** The pairwise sum by its definition. */
function reference(terms: readonly number[]): number {
  if (terms.length === 1) return terms[0]!;
  const half = 2 ** Math.ceil(Math.log2(terms.length)) / 2;
  return Math.fround(reference(terms.slice(0, half)) + reference(terms.slice(half)));
}

describe('a pairwise sum', () => {
  beforeAll(() => useEngine('cpu'));
  const term = (x: number): Parts => [tf.keep(tf.tensor1d([x, 2 * x])), null];

  it('has the bits of its definition, in whatever order terms come and whoever adds them', () => {
    const before = tf.memory().numTensors;
    const cases = fc.record({
      terms: fc.array(fc.float({noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000}), {
        minLength: 1,
        maxLength: 20,
      }),
      workers: fc.integer({min: 1, max: 5}),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(cases, ({terms, workers, seed}) => {
        const count = terms.length;
        // Not neighbours alone: a worker may have any batches.
        const owner = terms.map((_, i) => Math.abs((i * 7919 + seed) % workers));
        const sums: PartialSum<Parts>[] = [];
        for (let worker = workers - 1; worker >= 0; worker--) {
          const part = new PairwiseSum(count);
          terms.forEach((x, index) => {
            if (owner[index] === worker) part.add({level: 0, index, value: term(x)});
          });
          sums.push(...part.take());
        }
        const whole = new PairwiseSum(count);
        for (const sum of sums) whole.add(sum);
        const total = whole.total();
        const [first, second] = numbers(total);
        expect(second).toBeNull();
        expect(first![0]).toBe(reference(terms));
        tf.dispose(total as tf.Tensor[]);
      }),
      {numRuns: 200, seed: 2},
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes a missing part for zero, also on one side only', () => {
    const sum = new PairwiseSum(2);
    sum.add({level: 0, index: 1, value: [null, tf.keep(tf.scalar(3))]});
    sum.add({level: 0, index: 0, value: [tf.keep(tf.scalar(2)), null]});
    expect(numbers(sum.total())).toEqual([[2], [3]]);
  });

  it('holds one sum for each level if terms come in order, and none after it was disposed of', () => {
    const before = tf.memory().numTensors;
    const sum = new PairwiseSum(64);
    let most = 0;
    for (let index = 0; index < 63; index++) {
      sum.add({level: 0, index, value: [tf.keep(tf.scalar(index))]});
      most = Math.max(most, tf.memory().numTensors - before);
    }
    expect(most).toBe(6);
    expect(() => sum.total()).toThrow('Not all');
    sum.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('weighs terms and leaves them to the caller', () => {
    const x = tf.scalar(3);
    const [half, none] = weighted([x, null], 0.5);
    expect(half!.dataSync()[0]).toBe(1.5);
    expect(none).toBeNull();
    expect(x.isDisposed).toBe(false);
  });
});
