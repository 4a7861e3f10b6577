import {describe, expect, it} from 'vitest';
import type {RecipeRecord} from '../../study/recipe/recipe-record.js';
import {besideStated} from '../../study/report/beside-stated.js';

const record = (accuracy: number, epochs?: readonly number[]) =>
  ({test: {accuracy, loss: 0.1}, ...(epochs && {testAccuracies: epochs})}) as RecipeRecord;

const told = (records: readonly RecipeRecord[]) =>
  besideStated([
    {
      ...{setting: 'lenet-mnist' as const, arm: 'none' as const, records},
      stated: {mean: 98.5, deviation: 0.1, text: '98.5 + 0.1'},
    },
  ]);

describe('the text beside a stated result', () => {
  it('has the difference, and the means of the three worst and best seeds', () => {
    const text = told([0.98, 0.99, 0.97, 0.98].map(accuracy => record(accuracy)));
    expect(text).toContain('MNIST, LeNet-5, SGD: −0.50 [');
    expect(text).toContain('a mean of 97.67 to 98.33 %');
    expect(text).not.toContain('best epoch');
  });

  it('tells what the best epoch would add, by the trainings that kept their epochs', () => {
    const text = told([record(0.98), record(0.98), record(0.98, [0.99, 0.97, 0.98]), record(0.98, [0.95, 0.98])]);
    expect(text).toContain('is +0.50 points above its last one (2 trainings): 98.50 %');
  });

  it('has no interval for fewer than three seeds', () => {
    expect(told([record(0.98)])).toMatch(/SGD: −0\.50, n = 1\.$/);
  });
});
