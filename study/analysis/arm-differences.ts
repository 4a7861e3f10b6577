import {grouped} from '../grouped.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import type {MeanInterval} from './statistics.js';
import {exponential, holm, meanInterval} from './statistics.js';

/** Two regularizers of a setting, paired by seed. */
export interface ArmDifference {
  readonly setting: string;
  readonly arm: string;
  readonly against: string;
  /** In percentage points of test accuracy, with its chance after Holm's correction over all differences that were asked for. */
  readonly accuracy: MeanInterval & {readonly adjusted: number};
  /** The trace at the end, in that of the other. `null`: one of them is not positive. */
  readonly trace: MeanInterval | null;
  /** The test loss, in that of the other. `null`: one of them is not finite. */
  readonly loss: MeanInterval | null;
}

/** The differences of pairs of regularizers, in each setting that has at least two seeds of both. */
export function armDifferences(
  records: readonly RecipeRecord[],
  pairs: readonly (readonly [arm: string, against: string])[],
): ArmDifference[] {
  const bySetting = [...grouped(records, ({setting}) => setting)].sort(([a], [b]) =>
    a.localeCompare(b, 'en', {numeric: true}),
  );
  const found = bySetting.flatMap(([setting, of]) =>
    pairs.flatMap(([arm, against]) => {
      const others = new Map(of.filter(record => record.arm === against).map(record => [record.seed, record]));
      const both = of.flatMap(record => {
        const other = record.arm === arm ? others.get(record.seed) : undefined;
        return other === undefined ? [] : [[record, other] as const];
      });
      if (both.length < 2) return [];
      const accuracy = meanInterval(both.map(([one, other]) => 100 * (one.test.accuracy - other.test.accuracy)));
      const ratio = (of: (record: RecipeRecord) => number | null) =>
        geometricMean(both.map(([one, other]) => (of(one) ?? Number.NaN) / (of(other) ?? Number.NaN)));
      const [trace, loss] = [ratio(({curvature}) => curvature.trace), ratio(({test}) => test.loss)];
      return [{setting, arm, against, accuracy, trace, loss}];
    }),
  );
  const adjusted = holm(found.map(({accuracy}) => accuracy.p));
  return found.map((difference, i) => ({
    ...difference,
    accuracy: {...difference.accuracy, adjusted: adjusted[i]!},
  }));
}

/** `null`: a ratio is not positive. */
function geometricMean(ratios: readonly number[]): MeanInterval | null {
  return ratios.every(ratio => ratio > 0) ? exponential(meanInterval(ratios.map(Math.log))) : null;
}
