import {mean, meanInterval, standardDeviation} from '../analysis/statistics.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import {fixed, markdownTable, number, withInterval} from './markdown.js';

/** All trainings of a setting by one regularizer. */
export interface ArmRow {
  readonly setting: string;
  readonly arm: string;
  readonly records: readonly RecipeRecord[];
  /** Cells of the columns that a table has more. */
  readonly more: readonly string[];
}

/** How each regularizer's trainings ended. */
export function armsTable(rows: readonly ArmRow[], moreHeads: readonly string[]): string {
  const numbers = [
    'test accuracy, %',
    'deviation',
    'training accuracy, %',
    'training loss',
    'test loss',
    'trace',
    'top',
  ];
  return [
    '**Test accuracy** after the last epoch: mean [95 % interval, from three seeds on] and its standard **deviation** over seeds. Training accuracy and loss: on the first 10,000 training images without augmentation and without penalties. ' +
      'The **trace** and the **top** eigenvalue are of the data loss on 1,000 training images at the end, in test mode.',
    markdownTable(
      ['', 'training', ...moreHeads, ...numbers, 'seeds'],
      rows.map(({setting, arm, records, more}) => {
        const accuracies = records.map(({test}) => 100 * test.accuracy);
        const average = (of: (record: RecipeRecord) => number | null) =>
          mean(records.map(record => of(record) ?? Number.NaN));
        return [
          ...[setting, arm, ...more],
          // The interval of two values says little: images are counted in hundredths of a percent.
          records.length < 3 ? fixed(mean(accuracies), 2) : withInterval(meanInterval(accuracies), x => fixed(x, 2)),
          records.length < 2 ? '–' : fixed(standardDeviation(accuracies), 3),
          fixed(100 * average(({training}) => training.accuracy), 2),
          number(average(({training}) => training.loss)),
          number(average(({test}) => test.loss)),
          number(average(({curvature}) => curvature.trace)),
          number(average(({curvature}) => curvature.top)),
          String(records.length),
        ];
      }),
      2,
    ),
    divergence(rows),
  ].join('\n\n');
}

/** A training that ends near chance has diverged; all data sets here have ten classes or more. */
const CHANCE = 0.2;

function divergence(rows: readonly ArmRow[]): string {
  const broken = rows.flatMap(({setting, arm, records}) =>
    records
      .filter(({training}) => training.loss === null || training.accuracy < CHANCE)
      .map(({seed}) => `${setting}, ${arm}, seed ${seed}`),
  );
  return broken.length === 0
    ? `None of these trainings diverged: the lowest training accuracy is ${fixed(100 * Math.min(...rows.flatMap(({records}) => records.map(({training}) => training.accuracy))), 1)} %.`
    : `Diverged (training accuracy under ${100 * CHANCE} % or a loss that is not finite): ${broken.join('; ')}.`;
}
