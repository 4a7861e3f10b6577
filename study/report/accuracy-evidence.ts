import type {ArmDifference} from '../analysis/arm-differences.js';
import type {Evidence} from './evidence.js';
import {notRunYet, outcomeOf} from './evidence.js';
import {chance, fixed, markdownTable, signed, withInterval} from './markdown.js';

const points = (x: number) => signed(x, 2);

export interface AccuracyTitles {
  setting(name: string): string;
  arm(name: string): string;
}

/** Claims 4 and 5: what a penalty adds to test accuracy. */
export function accuracyEvidence(
  differences: readonly ArmDifference[],
  isNeeded: (difference: ArmDifference) => boolean,
  titles: AccuracyTitles,
): Evidence {
  if (differences.length === 0) return notRunYet;
  const needed = differences.filter(isNeeded);
  const title = ({arm, against}: ArmDifference) => `${titles.arm(arm)} less ${titles.arm(against)}`;
  const shown = ({accuracy}: ArmDifference) => withInterval(accuracy, points);
  return {
    outcome: outcomeOf(needed.map(({accuracy}) => accuracy)),
    inShort:
      needed.length === 0
        ? ''
        : `${needed.map(found => `${titles.setting(found.setting)}, ${title(found)}: ${shown(found)}`).join('; ')} points`,
    text: [
      'Test accuracy after the last epoch in percentage points, paired by seed: mean [95 % interval], its chance after Holm’s correction over all rows; and the trace at the end and the test loss in those of the other (geometric means).',
      markdownTable(
        ['', 'trainings', 'points', 'chance', 'trace', 'test loss', 'seeds'],
        differences.map(found => [
          ...[titles.setting(found.setting), title(found), shown(found), chance(found.accuracy.adjusted)],
          ...[found.trace, found.loss].map(ratio => (ratio === null ? '–' : fixed(ratio.mean, 2))),
          String(found.accuracy.n),
        ]),
        2,
      ),
    ].join('\n\n'),
    pictures: [],
  };
}
