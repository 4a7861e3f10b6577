import {describe, expect, it} from 'vitest';
import {armDifferences} from '../../study/analysis/arm-differences.js';
import {nextComparisonJobs, TRIAL_SEED, trialsOf} from '../../study/comparison/comparison-jobs.js';
import {comparedArms, comparisonPlans, grids} from '../../study/comparison/plan.js';
import type {Trial} from '../../study/comparison/search.js';
import {bestOf, isAtOpenEnd, nextValues} from '../../study/comparison/search.js';
import type {RecipeJob, RecipeRecord} from '../../study/recipe/recipe-record.js';
import {comparisonSection, finalRecords} from '../../study/report/comparison-section.js';

/** Searches until nothing is wanted; the accuracy falls with the distance from an optimum on the logarithmic axis. */
function search(optimum: number, wanted: number): Trial[] {
  const trials: Trial[] = [];
  const grid = grids['htr-all'];
  for (let next = nextValues(trials, grid, wanted); next.length > 0; next = nextValues(trials, grid, wanted)) {
    trials.push(...next.map(value => ({value, accuracy: 1 - 0.01 * Math.abs(Math.log10(value / optimum)), loss: 1})));
  }
  return trials;
}

describe('the search for a strength', () => {
  it('first tries its grid, which begins at 1e-7', () => {
    expect(search(1e-4, 6).map(({value}) => value)).toEqual([1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2]);
  });

  it.each([1e-9, 2e-8, 0.5, 30])('goes beyond the end until the best value %f is inside', optimum => {
    const trials = search(optimum, 12);
    expect(isAtOpenEnd(trials, grids['htr-all'])).toBe(false);
    expect(Math.abs(Math.log10(bestOf(trials).value / optimum))).toBeLessThan(0.5);
    expect(trials).toHaveLength(12);
  });

  it('refines around a best value inside, and tries nothing twice', () => {
    const trials = search(3e-5, 10);
    expect(new Set(trials.map(({value}) => value)).size).toBe(10);
    expect(Math.abs(Math.log10(bestOf(trials).value / 3e-5))).toBeLessThan(0.2);
  });

  it('stops at the bounds of a value', () => {
    const {dropout} = grids;
    const trials = dropout.first.map(value => ({value, accuracy: value, loss: 1}));
    expect(nextValues(trials, dropout, 7)).toEqual([0.8]);
    const all = [...trials, {value: 0.8, accuracy: 0.8, loss: 1}];
    expect(isAtOpenEnd(all, dropout)).toBe(false);
    expect(nextValues(all, dropout, 8)[0]).toBeCloseTo(Math.sqrt(0.4 * 0.8), 2);
  });
});

describe('the comparison of regularizers', () => {
  const plan = {
    ...comparisonPlans.full,
    dataSets: ['mnist' as const],
    budgets: comparisonPlans.full.budgets.slice(0, 1),
    seeds: 3,
  };
  /** The best strengths: one beyond the end of its grid, the others inside. */
  const optimum = (arm: string) => ({'htr-last': 3, 'learning-rate': 0.05, l2: 3e-5})[arm] ?? Math.sqrt(0.05 * 1e-4);
  const run = (job: RecipeJob): RecipeRecord => {
    const [, arm, value] = /_trial_(.+)_([^_]+)$/.exec(job.id) ?? [];
    const accuracy = arm === undefined ? 0.9 : 1 - 0.01 * Math.abs(Math.log10(Number(value) / optimum(arm)));
    const evaluation = {loss: 1, accuracy};
    return {
      ...{...job, training: evaluation, validation: arm === undefined ? null : evaluation, losses: []},
      test: {loss: 1, accuracy: job.arm === 'sam' ? 0.91 + 0.001 * job.seed : 0.9},
      ...{curvature: {trace: 1, traceError: 1, top: 1}, trainingSeconds: job.arm === 'sam' ? 2 : 1, seconds: 1},
    };
  };
  const records: RecipeRecord[] = [];
  const rounds: RecipeJob[][] = [];
  for (let jobs = nextComparisonJobs(plan, records); jobs.length > 0; jobs = nextComparisonJobs(plan, records)) {
    rounds.push(jobs);
    records.push(...jobs.map(run));
  }

  it('chooses the learning rate before all else, and uses it in all other trainings', () => {
    const rates = new Set(records.filter(({arm}) => arm !== 'learning-rate').map(({recipe}) => recipe.learningRate));
    expect(rates.size).toBe(1);
    expect(Math.abs(Math.log10([...rates][0]! / 0.05))).toBeLessThan(0.3);
    expect(rounds[0]!.every(({arm}) => arm === 'learning-rate')).toBe(true);
  });

  it('tries equally many strengths of each regularizer, no best one of which is at an end', () => {
    const [budget] = plan.budgets;
    const arms = comparedArms.filter(arm => arm !== 'none');
    const trials = arms.map(arm => trialsOf({of: {dataSet: 'mnist', budget: budget!}, arm}, records));
    expect(new Set(trials.map(({length}) => length)).size).toBe(1);
    expect(trials[0]!.length).toBeGreaterThanOrEqual(plan.trials);
    for (const [i, arm] of arms.entries()) expect(isAtOpenEnd(trials[i]!, grids[arm]), arm).toBe(false);
  });

  it('keeps trials apart from final trainings: other seeds, validation images only there', () => {
    const trials = records.filter(({id}) => id.includes('_trial_'));
    expect(trials.every(({seed, recipe}) => seed === TRIAL_SEED && recipe.validation === 5000)).toBe(true);
    const finals = records.filter(({id}) => id.includes('_final_'));
    expect(finals).toHaveLength(3 * comparedArms.length);
    expect(finals.every(({seed, recipe}) => seed <= 3 && recipe.validation === 0)).toBe(true);
    expect(new Set(records.map(({id}) => id)).size).toBe(records.length);
  });

  it('goes on where it was', () => {
    const some = records.slice(0, 40);
    const [next] = nextComparisonJobs(plan, some);
    expect(some.map(({id}) => id)).not.toContain(next!.id);
    expect(records.map(({id}) => id)).toContain(next!.id);
  });

  it('is reported with intervals over seeds and the choice that was made', () => {
    const text = comparisonSection(plan, records);
    // Accuracies of 91.1, 91.2 and 91.3 %: Student's t for 2 degrees of freedom is 4.303, so ± 4.303 × 0.1 / √3.
    expect(text).toMatch(/\| SAM \| \S+ \| 9 \| 2\.00 \| 91\.20 \[90\.95, 91\.45\] \| 0\.100 \|/);
    expect(text).not.toMatch(/NaN|undefined/);
    const trials = records.filter(({id}) => id.includes('_trial_'));
    expect(comparisonSection(plan, trials)).toBe('There are no results of this part yet.');
  });

  it('has differences of its final trainings that are paired by seed', () => {
    const [sam] = armDifferences(finalRecords(records), [['sam', 'none']]);
    expect(sam!.accuracy.mean).toBeCloseTo(1.2, 8);
    expect(sam!.accuracy.n).toBe(3);
  });
});
