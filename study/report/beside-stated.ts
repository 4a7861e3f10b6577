import type {MeanInterval} from '../analysis/statistics.js';
import {differenceOfMeans, mean, standardDeviation} from '../analysis/statistics.js';
import type {ProtocolArmName, ProtocolSettingName} from '../protocol/settings.js';
import {protocolArmTitles} from '../protocol/settings.js';
import type {StatedResult} from '../protocol/stated.js';
import {STATED_RERUNS} from '../protocol/stated.js';
import {protocolTitle} from '../protocol/title.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import {chance, fixed, signed, withInterval} from './markdown.js';

/** The trainings of which the authors' code states the result. */
export interface StatedTrainings {
  readonly setting: ProtocolSettingName;
  readonly arm: ProtocolArmName;
  readonly stated: StatedResult;
  readonly records: readonly RecipeRecord[];
}

/** What the stated results are, how far ours are from them, and whether the choice of the epoch or of the seeds can explain it. */
export function besideStated(all: readonly StatedTrainings[]): string {
  return [
    '**Beside the stated results.** By the authors’ code they are mean and deviation (NumPy’s, which divides by n) of the test accuracy after the *last* epoch of three reruns. Ours less theirs, in points (Welch’s interval):',
    all.map(one => `- ${describe(one)}`).join('\n'),
  ].join('\n\n');
}

function describe({setting, arm, stated, records}: StatedTrainings): string {
  const ours = records.map(({test}) => 100 * test.accuracy);
  const name = `${protocolTitle(setting)}, ${protocolArmTitles[arm]}`;
  if (ours.length < 3) return `${name}: ${signed(mean(ours) - stated.mean, 2)}, n = ${ours.length}.`;
  const less = differenceOfStated(ours, stated);
  const best = bestEpochs(records);
  return [
    `${name}: ${withInterval(less, x => signed(x, 2))} (${chance(less.p)}), n = ${ours.length}.`,
    `Three of our seeds have a mean of ${fixed(meanOfExtreme(ours, -1), 2)} to ${fixed(meanOfExtreme(ours, 1), 2)} %, by which three they are.`,
    ...(best === null
      ? []
      : [
          `The best epoch of a training, chosen by the test images, is ${signed(best.gain, 2)} points above its last one (${best.trainings} trainings): ${fixed(mean(ours) + best.gain, 2)} %.`,
        ]),
  ].join(' ');
}

function differenceOfStated(ours: readonly number[], {mean: theirs, deviation}: StatedResult): MeanInterval {
  const unbiased = deviation * Math.sqrt(STATED_RERUNS / (STATED_RERUNS - 1));
  return differenceOfMeans(
    {mean: mean(ours), deviation: standardDeviation(ours), n: ours.length},
    {mean: theirs, deviation: unbiased, n: STATED_RERUNS},
  );
}

/** The mean of the three lowest values, or of the three highest. */
function meanOfExtreme(values: readonly number[], end: -1 | 1): number {
  const sorted = [...values].sort((a, b) => end * (b - a));
  return mean(sorted.slice(0, STATED_RERUNS));
}

/** `null`: no training has kept its epochs' accuracies. */
function bestEpochs(records: readonly RecipeRecord[]): {gain: number; trainings: number} | null {
  const kept = records.flatMap(({testAccuracies}) => (testAccuracies === undefined ? [] : [testAccuracies]));
  if (kept.length === 0) return null;
  return {
    gain: 100 * mean(kept.map(accuracies => Math.max(...accuracies) - accuracies.at(-1)!)),
    trainings: kept.length,
  };
}
