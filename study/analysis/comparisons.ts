import type {ArmName} from '../arms.js';
import type {Training} from '../records/load.js';
import type {Setting} from './settings.js';
import type {MeanInterval} from './statistics.js';
import {holm, meanInterval, pooledInterval} from './statistics.js';

/** The difference of two regularizers' test accuracies, paired by seed, in percentage points. */
export interface Comparison {
  readonly arm: ArmName;
  readonly against: ArmName;
  readonly inSettings: readonly (MeanInterval & {readonly setting: Setting; readonly adjusted: number})[];
  /** The mean over settings, each with the same weight. */
  readonly pooled: MeanInterval & {readonly adjusted: number};
}

/** Percent of the test images. */
export function testAccuracy({test}: Training): number {
  return 100 * (test?.accuracy ?? Number.NaN);
}

/** Training accuracy minus test accuracy, in percentage points. */
export function generalizationGap({training, test}: Training): number {
  return 100 * (training.accuracy - (test?.accuracy ?? Number.NaN));
}

/**
 * Compares a regularizer with several others. For the pooled means, p-values are adjusted over the others; for single settings, over
 * the others and the settings.
 */
export function comparisons(settings: readonly Setting[], arm: ArmName, others: readonly ArmName[]): Comparison[] {
  const differences = (setting: Setting, against: ArmName) => {
    const other = setting.of(against).map(testAccuracy);
    return setting.of(arm).map((training, s) => testAccuracy(training) - other[s]!);
  };
  const raw = others.map(against => ({
    against,
    pooled: pooledInterval(settings.map(setting => differences(setting, against))),
    inSettings: settings.map(setting => ({setting, ...meanInterval(differences(setting, against))})),
  }));
  const ofPooled = holm(raw.map(({pooled}) => pooled.p));
  const ofSettings = holm(raw.flatMap(({inSettings}) => inSettings.map(({p}) => p)));
  return raw.map(({against, pooled, inSettings}, i) => ({
    ...{arm, against},
    pooled: {...pooled, adjusted: ofPooled[i]!},
    inSettings: inSettings.map((found, j) => ({...found, adjusted: ofSettings[i * settings.length + j]!})),
  }));
}
