import type {ArmDifference} from '../analysis/arm-differences.js';
import type {AccuracyTitles} from './accuracy-evidence.js';
import {LEVEL} from './claim.js';
import {chance, fixed, markdownTable, signed, withInterval} from './markdown.js';

/** Differences to trainings without regularizer, by one way of testing. */
export interface Tried {
  /** `with the authors’ strengths` */
  readonly how: string;
  readonly differences: readonly ArmDifference[];
  readonly titles: AccuracyTitles;
  isPenalty(arm: string): boolean;
}

/** The answer for somebody who does not want to read the rest. `costs`: of penalized steps, in plain ones. */
export function useItBox(tried: readonly Tried[], costs: readonly number[]): string {
  const toNone = tried.map(one => ({...one, differences: one.differences.filter(({against}) => against === 'none')}));
  const penalties = toNone.flatMap(({differences, isPenalty}) => differences.filter(({arm}) => isPenalty(arm)));
  const sure = penalties.filter(({accuracy}) => accuracy.adjusted < LEVEL);
  const gains = sure.filter(({accuracy}) => accuracy.mean > 0).length;
  const losses = sure.length - gains;
  const ratios = penalties.flatMap(({trace}) => (trace === null ? [] : [trace.mean]));
  const counts = `Comparisons of a trace penalty with none: ${penalties.length}; with a sure gain: ${gains}; with a sure loss: ${losses} (after Holm’s correction).`;
  const answer =
    penalties.length === 0
      ? 'No comparison on many images has run yet.'
      : gains === 0
        ? `For test accuracy: ${hints(toNone)} ${counts}`
        : `For test accuracy: ${gains === penalties.length ? 'yes' : 'sometimes'}. ${counts}`;
  const tables = toNone.filter(({differences}) => differences.length > 0).flatMap(tablesOf);
  return [
    answer,
    '',
    ...tables,
    ...(ratios.length === 0
      ? []
      : [`- What it does to the curvature: the trace at the end is ${range(ratios, 2)} times that without.`]),
    ...(costs.length === 0
      ? []
      : [
          `- What it costs: a penalized step takes ${range(costs, 1)} plain ones; on every 50th step, as in the authors’ code, that is a few percent of a training.`,
        ]),
    '- Use it where you want a flat minimum for its own sake (rounding of weights, robustness to noise in them), and to study what curvature does. L2, dropout and label smoothing cost next to nothing: try them first.',
  ]
    .flatMap(part => part.split('\n'))
    .map(line => (line === '' ? '>' : `> ${line}`))
    .join('\n');
}

/** Points of test accuracy and ratios of the test loss: a row a regularizer, a column a setting. */
function tablesOf({how, differences, titles}: Tried): string[] {
  const settings = [...new Set(differences.map(({setting}) => setting))];
  const arms = [...new Set(differences.map(({arm}) => arm))];
  const table = (show: (difference: ArmDifference) => string) =>
    markdownTable(
      ['', ...settings.map(titles.setting)],
      arms.map(arm => [
        titles.arm(arm),
        ...settings.map(setting => {
          const found = differences.find(one => one.arm === arm && one.setting === setting);
          return found === undefined ? '–' : show(found);
        }),
      ]),
    );
  return [
    `**Points of test accuracy over none, ${how}:**`,
    '',
    table(({accuracy}) => withInterval(accuracy, x => signed(x, 2))),
    '',
    `**Test loss in that of none, ${how}:**`,
    '',
    table(({loss}) => (loss === null ? '–' : withInterval(loss, x => fixed(x, 2)))),
    '',
  ];
}

/** What to say where no gain is sure: those that would be, had nothing else been compared. */
function hints(toNone: readonly Tried[]): string {
  const found = toNone.flatMap(({differences, titles, isPenalty}) =>
    differences
      .filter(({arm, accuracy: {mean, p}}) => isPenalty(arm) && mean > 0 && p < LEVEL)
      .map(
        ({setting, arm, accuracy: {p, adjusted}}) =>
          `${titles.setting(setting)}, ${titles.arm(arm)} (chance ${chance(p)}, corrected ${chance(adjusted)})`,
      ),
  );
  return found.length === 0
    ? 'there is no evidence for it here.'
    : `nothing is sure. By their own intervals these gain, and not after the correction for all that were compared: ${found.join('; ')}. More seeds would tell.`;
}

function range(values: readonly number[], places: number): string {
  const [least, most] = [fixed(Math.min(...values), places), fixed(Math.max(...values), places)];
  return least === most ? least : `${least} to ${most}`;
}
