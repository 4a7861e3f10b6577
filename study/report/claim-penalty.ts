import {comparisons, generalizationGap, testAccuracy} from '../analysis/comparisons.js';
import {stepCosts} from '../analysis/costs.js';
import type {Setting} from '../analysis/settings.js';
import {exponential, pooledInterval} from '../analysis/statistics.js';
import type {ArmName} from '../arms.js';
import {armTitles} from '../arms.js';
import type {StudyRecords, Training} from '../records/load.js';
import type {Claim} from './claim.js';
import {LEVEL} from './claim.js';
import {chance, fixed, markdownTable, number, signed, withInterval} from './markdown.js';
import {armRow, differencePicture} from './pictures.js';

const points = (x: number) => signed(x, 2);

/** Claim 4: the penalty on all layers generalizes better. */
export function penaltyClaim(settings: readonly Setting[], records: StudyRecords): Claim {
  const {arms} = records.config;
  const others = arms.filter(arm => arm !== 'htr-all' && !arm.startsWith('htr-'));
  const answers = comparisons(settings, 'htr-all', others);
  const [none] = answers.filter(({against}) => against === 'none');
  const better = answers.filter(({pooled}) => pooled.mean > 0 && pooled.adjusted < LEVEL);
  const worse = answers.filter(({pooled}) => pooled.mean < 0 && pooled.adjusted < LEVEL);
  const isBetter = better.includes(none!);
  const flatter = flatterThanNone(settings);
  const againstNone = arms.filter(arm => arm !== 'none').map(arm => comparisons(settings, arm, ['none'])[0]!);
  return {
    title: '4. Penalizing the trace of all layers generalizes better',
    claim: 'A penalty on the traces of all layers’ Hessians leads to flatter minima and to better generalization.',
    outcome:
      isBetter && better.length === answers.length
        ? 'holds'
        : isBetter
          ? 'holds in part'
          : worse.includes(none!)
            ? 'does not hold'
            : 'not shown',
    inShort: `test accuracy ${withInterval(none!.pooled, points)} points over none`,
    verdict:
      `Test accuracy with the penalty less that without, on average over the settings: ${withInterval(none!.pooled, points)} points (chance ${chance(none!.pooled.adjusted)}). ` +
      `Less that of ${answers
        .filter(answer => answer !== none)
        .map(
          ({against, pooled}) => `${armTitles[against]}: ${withInterval(pooled, points)} (${chance(pooled.adjusted)})`,
        )
        .join('; ')}. ` +
      `${flatter.trace.upper < 1 && flatter.top.upper < 1 ? 'Flatter it is' : 'At the strengths that were chosen it is not shown to be flatter'}: the trace at the end is ${withInterval(flatter.trace, x => number(x, 2))} times that without, the top eigenvalue ${withInterval(flatter.top, x => number(x, 2))} times (geometric means over settings, each with the same weight).`,
    picture: {
      name: 'penalty.svg',
      svg: differencePicture(
        'Test accuracy of each regularizer less that of none, percentage points',
        againstNone,
        armRow,
        ['Paired by seed; bars: 95 % intervals over seeds (Student’s t), not corrected for their number.'],
      ),
      alt: 'Differences of test accuracy to no regularizer, by regularizer and setting',
    },
    body: [
      'The penalty on all layers less each other regularizer: test accuracy in percentage points, paired by seed, mean [95 % interval], and its chance after Holm’s correction over the column (last row) or all ' +
        'settings’ cells (the others).',
      differences(settings, answers),
      'All regularizers; means ± standard deviations over seeds. The **trace** and the **top** eigenvalue are of the data loss at the end, on images of the training set, as the network is tested; **gap**: training accuracy less test accuracy; **step**: a training step’s time ' +
        'in plain ones, the median of the timing pass.',
      arms.length === 0 ? '' : everything(settings, records),
    ].join('\n\n'),
    wouldChange:
      'Penalties stronger than validation images choose, which flatten more. More strengths, and more trainings to choose between them: a strength is chosen by one or a few trainings here. Longer trainings and larger networks, which the paper has. Learning rates tuned for each ' +
      'regularizer: here all share one. A grid that goes on where a choice is at its edge (the table of strengths shows which).',
  };
}

/** Ratios at the end, with the penalty on all layers over without. */
function flatterThanNone(settings: readonly Setting[]) {
  const ratios = (of: 'trace' | 'top') =>
    exponential(
      pooledInterval(
        settings.map(setting =>
          setting.of('htr-all').flatMap((training, s) => {
            const [a, b] = [training.end?.full[of] ?? 0, setting.of('none')[s]!.end?.full[of] ?? 0];
            return a > 0 && b > 0 ? [Math.log(a / b)] : [];
          }),
        ),
      ),
    );
  return {trace: ratios('trace'), top: ratios('top')};
}

/** A comparison's intervals, a row a setting and one for their mean. */
export function differences(settings: readonly Setting[], answers: ReturnType<typeof comparisons>): string {
  const heads = ['', ...answers.map(({against}) => `less ${armTitles[against]}`)];
  const cell = (found: Parameters<typeof withInterval>[0] & {readonly adjusted: number}) =>
    `${withInterval(found, points)}, ${chance(found.adjusted)}`;
  const rows = settings.map((setting, i) => [setting.title, ...answers.map(({inSettings}) => cell(inSettings[i]!))]);
  return markdownTable(heads, [...rows, ['**mean of all**', ...answers.map(({pooled}) => `**${cell(pooled)}**`)]]);
}

function everything(settings: readonly Setting[], {config, timings}: StudyRecords): string {
  const costs = stepCosts(timings);
  const heads = ['', 'regularizer', 'strength', 'test accuracy, %', 'gap', 'test loss', 'trace', 'top', 'step'];
  const rows = settings.flatMap(setting =>
    config.arms.map((arm: ArmName) => {
      const trainings = setting.of(arm);
      const step = costs.get(setting.model)?.get(arm);
      return [
        setting.title,
        armTitles[arm],
        arm === 'none' ? '' : number(trainings[0]!.strength),
        spread(trainings.map(testAccuracy), 2),
        spread(trainings.map(generalizationGap), 1),
        spread(
          values(trainings, ({test}) => test?.loss),
          3,
        ),
        spread(
          values(trainings, ({end}) => end?.full.trace),
          3,
          true,
        ),
        spread(
          values(trainings, ({end}) => end?.full.top),
          3,
          true,
        ),
        step === undefined ? '' : fixed(step.median, 1),
      ];
    }),
  );
  return markdownTable(heads, rows, 2);
}

function values(trainings: readonly Training[], of: (training: Training) => number | null | undefined): number[] {
  return trainings.map(of).filter((value): value is number => value !== null && value !== undefined);
}

/** `93.1 ± 0.4`: mean and standard deviation; three digits where sizes differ a lot. */
function spread(of: readonly number[], digits: number, byDigits = false): string {
  if (of.length === 0) return '–';
  const m = of.reduce((sum, value) => sum + value, 0) / of.length;
  const deviation = Math.sqrt(of.reduce((sum, value) => sum + (value - m) ** 2, 0) / Math.max(1, of.length - 1));
  if (byDigits) return `${number(m, digits)} ± ${number(deviation, 2)}`;
  return `${fixed(m, digits)} ± ${fixed(deviation, digits)}`;
}
