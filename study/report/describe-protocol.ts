import {mean, standardDeviation} from '../analysis/statistics.js';
import {grouped} from '../grouped.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';

/** A line for each setting and regularizer: the mean test accuracy and its standard deviation over seeds. */
export function describeProtocol(records: readonly RecipeRecord[]): string {
  const groups = grouped(records, ({setting, arm}) => `${setting} ${arm}`);
  return [...groups]
    .map(([name, of]) => {
      const accuracies = of.map(({test}) => 100 * test.accuracy);
      const spread = of.length > 1 ? ` ± ${standardDeviation(accuracies).toFixed(3)}` : '';
      return `${name}: ${mean(accuracies).toFixed(3)}${spread} %, ${of.length} seeds`;
    })
    .join('\n');
}
