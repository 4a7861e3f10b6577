import type {DataSetName} from '../config.js';
import {imagePlans} from '../recipe/image-plans.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RecipeJob, RecipeRecord} from '../recipe/recipe-record.js';
import type {Budget, ComparedArm, ComparisonPlan} from './plan.js';
import {armOf, grids} from './plan.js';
import type {Grid, Trial} from './search.js';
import {bestOf, isAtOpenEnd, nextValues} from './search.js';

/** Of the trials; the final trainings have 1, 2, …. */
export const TRIAL_SEED = 1001;

/** The results of the trials so far. */
export type Records = readonly RecipeRecord[];

/**
 * The trainings that come next: one round of learning rates for all budgets, until they are chosen; then one round of strengths of
 * each regularizer at its setting's learning rate; then the final trainings. Everything follows from the records, so a comparison
 * that was stopped goes on where it was.
 */
export function nextComparisonJobs(plan: ComparisonPlan, records: Records): RecipeJob[] {
  const settings = plan.dataSets.flatMap(dataSet => plan.budgets.map(budget => ({dataSet, budget})));
  const rounds = settings.flatMap(of => nextRound(plan, of, records));
  if (rounds.length > 0) return rounds;
  const finals = range(plan.seeds).flatMap(i =>
    settings.flatMap(of => plan.arms.map(arm => finalJob(plan, of, arm, i + 1, records))),
  );
  const finished = new Set(records.map(({id}) => id));
  return finals.filter(({id}) => !finished.has(id));
}

interface Setting {
  readonly dataSet: DataSetName;
  readonly budget: Budget;
}

function nextRound(plan: ComparisonPlan, of: Setting, records: Records): RecipeJob[] {
  const rates = roundOf(plan, [{of, arm: 'learning-rate', grid: grids['learning-rate']}], records);
  if (rates.length > 0) return rates;
  const searches = plan.arms.flatMap(arm => (arm === 'none' ? [] : [{of, arm, grid: grids[arm]}]));
  return roundOf(plan, searches, records);
}

interface Search {
  readonly of: Setting;
  readonly arm: Searched;
  readonly grid: Grid;
}

type Searched = Exclude<ComparedArm, 'none'> | 'learning-rate';

/** All searches get equally many trials: as many as planned, and more as long as the best value of one is at an end. */
function roundOf(plan: ComparisonPlan, searches: readonly Search[], records: Records): RecipeJob[] {
  const trials = searches.map(search => trialsOf(search, records));
  const most = Math.max(plan.trials, ...trials.map(({length}) => length));
  const next = (wanted: number) =>
    searches.flatMap(({of, arm, grid}, i) =>
      nextValues(trials[i]!, grid, wanted).map(value => trialJob(plan, of, arm, value, records)),
    );
  const jobs = next(most);
  const isOpen = searches.some(({grid}, i) => isAtOpenEnd(trials[i]!, grid));
  return jobs.length > 0 || !isOpen || most >= plan.mostTrials ? jobs : next(most + 1);
}

/** The trials of a learning rate or a regularizer, in a setting. */
export function trialsOf({of, arm}: Pick<Search, 'of' | 'arm'>, records: Records): Trial[] {
  const start = `comparison_${settingName(of)}_trial_${arm}_`;
  return records.flatMap(({id, validation}) => {
    if (!id.startsWith(start) || validation === null) return [];
    const {accuracy, loss} = validation;
    return [{value: Number(id.slice(start.length)), accuracy, loss: loss ?? Number.POSITIVE_INFINITY}];
  });
}

export function settingName({dataSet, budget}: Setting): string {
  return `lenet-${dataSet}-${budget.name}`;
}

/** The value with the best result on validation images. */
export function chosenValue(of: Setting, arm: Searched, records: Records): number {
  return bestOf(trialsOf({of, arm}, records)).value;
}

function trialJob(plan: ComparisonPlan, of: Setting, arm: Searched, value: number, records: Records): RecipeJob {
  const {tuning} = of.budget;
  const base = {...recipeOf(plan, of, tuning), validation: plan.validation};
  const recipe: Recipe =
    arm === 'learning-rate'
      ? {...base, learningRate: value}
      : {...base, learningRate: chosenValue(of, 'learning-rate', records), ...armOf(arm, value)};
  const setting = settingName(of);
  return {
    id: `comparison_${setting}_trial_${arm}_${value}`,
    ...{part: 'comparison', setting, arm, seed: TRIAL_SEED, recipe},
  };
}

function finalJob(plan: ComparisonPlan, of: Setting, arm: ComparedArm, seed: number, records: Records): RecipeJob {
  const strength = arm === 'none' ? 0 : chosenValue(of, arm, records);
  const setting = settingName(of);
  const recipe = {
    ...recipeOf(plan, of, of.budget.training),
    learningRate: chosenValue(of, 'learning-rate', records),
    ...armOf(arm, strength),
  };
  return {id: `comparison_${setting}_final_${arm}_${seed}`, part: 'comparison', setting, arm, seed, recipe};
}

/** Without augmentation, whose effect would hide that of a regularizer on few images. */
function recipeOf({test}: ComparisonPlan, {dataSet, budget}: Setting, training: number | 'all'): Recipe {
  const {batchSize, epochs} = budget;
  return {
    ...{dataSet, network: 'lenet-5', images: {...imagePlans[dataSet], rotation: null}},
    ...{training, validation: 0, test, batchSize, epochs},
    ...{learningRate: 0.01, momentum: 0.9},
    milestones: [Math.ceil(epochs / 3), Math.ceil((2 * epochs) / 3)],
    ...{decay: 0.25, weightDecay: 0, penalty: null, dropout: 0, labelSmoothing: 0, sharpnessAware: 0, spectra: null},
  };
}

function range(n: number): number[] {
  return Array.from({length: n}, (_, i) => i);
}
