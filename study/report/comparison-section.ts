import {holm, mean, meanInterval} from '../analysis/statistics.js';
import {trialsOf} from '../comparison/comparison-jobs.js';
import type {ComparedArm, ComparisonPlan} from '../comparison/plan.js';
import {comparedArmTitles} from '../comparison/plan.js';
import {bestOf} from '../comparison/search.js';
import {dataSetTitles} from '../config.js';
import {grouped} from '../grouped.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import {chance, fixed, markdownTable, number, signed, withInterval} from './markdown.js';

/** The comparison of regularizers, as far as it has run; empty before the first final trainings. */
export function comparisonSection(plan: ComparisonPlan, records: readonly RecipeRecord[]): string {
  const finals = records.filter(({id}) => id.includes('_final_'));
  if (finals.length === 0) return '';
  const rows = plan.dataSets.flatMap(dataSet =>
    plan.budgets.flatMap(budget => rowsOf(plan, {dataSet, budget}, records, finals)),
  );
  const adjusted = holm(rows.map(({p}) => p ?? 1));
  return [
    'Each regularizer’s strength, and before it the learning rate without regularizer, is chosen on validation images, with the same number of trials for each on log-uniform grids that are widened where the best value is at an end. ' +
      'Differences of test accuracy to none in percentage points, paired by seed: mean [95 % interval] and its chance after Holm’s correction over all rows. **Time**: of the training steps, in trainings without regularizer; these trainings ' +
      'ran beside others.',
    markdownTable(
      ['', 'regularizer', 'strength', 'trials', 'test accuracy, %', 'less none', 'chance', 'seeds', 'time'],
      rows.map(({cells, p}, i) => {
        const [title, arm, strength, trials, accuracy, difference, seeds, time] = cells;
        return [
          title!,
          arm!,
          strength!,
          trials!,
          accuracy!,
          difference!,
          p === null ? '–' : chance(adjusted[i]!),
          seeds!,
          time!,
        ];
      }),
      2,
    ),
  ].join('\n\n');
}

interface Row {
  readonly cells: readonly string[];
  /** `null` for the row without regularizer. */
  readonly p: number | null;
}

type Setting = Parameters<typeof trialsOf>[0]['of'];

function rowsOf(
  plan: ComparisonPlan,
  of: Setting,
  records: readonly RecipeRecord[],
  finals: readonly RecipeRecord[],
): Row[] {
  const name = `lenet-${of.dataSet}-${of.budget.name}`;
  const byArm = grouped(
    finals.filter(({setting}) => setting === name),
    ({arm}) => arm as ComparedArm,
  );
  const none = new Map((byArm.get('none') ?? []).map(record => [record.seed, record]));
  return plan.arms.flatMap(arm => {
    const own = (byArm.get(arm) ?? []).filter(({seed}) => none.has(seed));
    if (own.length === 0) return [];
    const differences = own.map(({test, seed}) => 100 * (test.accuracy - none.get(seed)!.test.accuracy));
    const found = meanInterval(differences);
    const searched = arm === 'none' ? 'learning-rate' : arm;
    const trials = trialsOf({of, arm: searched}, records);
    const time = mean(own.map(({trainingSeconds, seed}) => trainingSeconds / none.get(seed)!.trainingSeconds));
    const cells = [
      `${dataSetTitles[of.dataSet]}, ${of.budget.name} images`,
      comparedArmTitles[arm],
      arm === 'none' ? `rate ${number(bestOf(trials).value)}` : number(bestOf(trials).value),
      String(trials.length),
      fixed(mean(own.map(({test}) => 100 * test.accuracy)), 2),
      arm === 'none' ? '' : found.n < 2 ? signed(found.mean, 2) : withInterval(found, x => signed(x, 2)),
      String(own.length),
      fixed(time, 2),
    ];
    return [{cells, p: arm === 'none' || found.n < 2 ? null : found.p}];
  });
}
