import {mean} from '../analysis/statistics.js';
import {trialsOf} from '../comparison/comparison-jobs.js';
import type {Budget, ComparedArm, ComparisonPlan} from '../comparison/plan.js';
import {comparedArmTitles} from '../comparison/plan.js';
import {bestOf} from '../comparison/search.js';
import type {DataSetName} from '../config.js';
import {dataSetTitles} from '../config.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import type {ArmRow} from './arms-table.js';
import {armsTable} from './arms-table.js';
import {fixed, number} from './markdown.js';

/** The trainings after the choice of strengths. */
export function finalRecords(records: readonly RecipeRecord[]): RecipeRecord[] {
  return records.filter(({id}) => id.includes('_final_'));
}

/** `MNIST, 1000 images` */
export function comparisonTitle(setting: string): string {
  const [, dataSet, budget] = /^lenet-(.+)-(\d+)$/.exec(setting)!;
  return `${dataSetTitles[dataSet as DataSetName]}, ${Number(budget).toLocaleString('en')} images`;
}

/** The comparison of regularizers, as far as it has run. */
export function comparisonSection(plan: ComparisonPlan, records: readonly RecipeRecord[]): string {
  const finals = finalRecords(records);
  if (finals.length === 0) return 'There are no results of this part yet.';
  const rows = plan.dataSets.flatMap(dataSet =>
    plan.budgets.flatMap(budget => rowsOf(plan, {dataSet, budget}, records, finals)),
  );
  return [
    `Each regularizer’s strength, and before it the learning rate without regularizer, is chosen on ${plan.validation.toLocaleString('en')} validation images, with the same number of trials for each on log-uniform grids that are widened where the best value is at an end. ` +
      '**Time**: of the training steps, in trainings without regularizer; these trainings ran beside others. There is none where one of the two ran on a GPU, on which others did too.',
    armsTable(rows, ['strength', 'trials', 'time']),
  ].join(' ');
}

interface Setting {
  readonly dataSet: DataSetName;
  readonly budget: Budget;
}

function rowsOf(
  plan: ComparisonPlan,
  of: Setting,
  records: readonly RecipeRecord[],
  finals: readonly RecipeRecord[],
): ArmRow[] {
  const setting = `lenet-${of.dataSet}-${of.budget.name}`;
  const by = (arm: ComparedArm) => finals.filter(record => record.setting === setting && record.arm === arm);
  const plain = new Map(by('none').map(record => [record.seed, record]));
  return plan.arms.flatMap(arm => {
    const own = by(arm);
    if (own.length === 0) return [];
    const trials = trialsOf({of, arm: arm === 'none' ? 'learning-rate' : arm}, records);
    const best = number(bestOf(trials).value);
    // On a GPU up to 22 trainings ran at once.
    const times = own.flatMap(({seed, trainingSeconds, device}) => {
      const other = plain.get(seed);
      return other === undefined || (device ?? other.device) ? [] : [trainingSeconds / other.trainingSeconds];
    });
    return [
      {
        ...{setting: comparisonTitle(setting), arm: comparedArmTitles[arm], records: own},
        more: [arm === 'none' ? `rate ${best}` : best, String(trials.length), fixed(mean(times), 2)],
      },
    ];
  });
}
