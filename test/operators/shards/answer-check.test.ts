import {describe, expect, it} from 'vitest';
import {TfjsHessianError} from '../../../src/errors.js';
import {AnswerCheck} from '../../../src/operators/shards/answer-check.js';

const tensor = (...shape: number[]) => ({
  shape,
  dtype: 'float32',
  values: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});
const sum = (level: number, index: number, ...value: unknown[]) => ({level, index, value});
const answer = (batches: number, ...sums: unknown[]) => ({batches, sums, passes: 1, doubtful: null});

describe('the answers to a task on five batches', () => {
  const check = () => new AnswerCheck(5, [[2], [2, 3]]);

  it('are taken if each batch is in one of them', () => {
    const checked = check();
    const first = answer(4, sum(2, 0, tensor(2), null));
    expect(checked.take(first)).toBe(first);
    // The last node of a level has one batch.
    expect(() => checked.take(answer(1, sum(2, 1, null, tensor(2, 3))))).not.toThrow();
    expect(() => checked.take(answer(1, sum(0, 4, null, null)))).toThrow(/batch 4 was answered before/);
  });

  it.each([
    ['nothing', null],
    ['no sums', {batches: 1, passes: 1, doubtful: null}],
    ['no cost', {...answer(1, sum(0, 0, null, null)), passes: Number.NaN}],
    ['a cost without bound', {...answer(1, sum(0, 0, null, null)), passes: Number.POSITIVE_INFINITY}],
    ['a cost that is text', {...answer(1, sum(0, 0, null, null)), passes: '1'}],
    ['a sum that is nothing', answer(1, null)],
    ['a doubtful batch that there is not', {...answer(1, sum(0, 0, null, null)), doubtful: 5}],
    ['a batch that there is not', answer(1, sum(0, 5, null, null))],
    ['half a batch', answer(1, sum(0, 0.5, null, null))],
    ['a level below the batches', answer(1, sum(-1, 0, null, null))],
    ['a batch twice', answer(3, sum(0, 0, null, null), sum(1, 0, null, null))],
    ['another number of batches', answer(2, sum(0, 0, null, null))],
    ['one tensor too few', answer(1, sum(0, 0, null))],
    ['a tensor that would be added by broadcasting', answer(1, sum(0, 0, tensor(1), null))],
    ['a tensor whose values are too few', answer(1, sum(0, 0, {...tensor(1), shape: [2]}, null))],
    ['a tensor of another type', answer(1, sum(0, 0, {...tensor(2), dtype: 'int32'}, null))],
  ])('with %s are refused', (_what, value) => {
    expect(() => check().take(value)).toThrow(TfjsHessianError);
  });
});
