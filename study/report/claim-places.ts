import {comparisons} from '../analysis/comparisons.js';
import {stepCosts} from '../analysis/costs.js';
import type {Setting} from '../analysis/settings.js';
import {holm} from '../analysis/statistics.js';
import type {ArmName} from '../arms.js';
import {armTitles} from '../arms.js';
import type {StudyRecords} from '../records/load.js';
import type {Claim} from './claim.js';
import {LEVEL} from './claim.js';
import {differences} from './claim-penalty.js';
import {chance, fixed, markdownTable, signed, withInterval} from './markdown.js';
import {differencePicture} from './pictures.js';

/** The middle counts as equally good if its accuracy is lower by at most this many points; fixed before the final trainings. */
const MARGIN = 0.5;

/** Claim 5: the middle layers alone are equally good, at lower cost. */
export function placesClaim(settings: readonly Setting[], {config, timings}: StudyRecords): Claim {
  const has = (arm: ArmName) => config.arms.includes(arm);
  const answers = comparisons(
    settings,
    'htr-middle',
    (['htr-all', 'htr-first', 'htr-last', 'none'] as const).filter(has),
  );
  const found = (arm: ArmName) => answers.find(({against}) => against === arm)?.pooled;
  const isBetter = (arm: ArmName) => {
    const pooled = found(arm);
    return pooled !== undefined && pooled.mean > 0 && pooled.adjusted < LEVEL;
  };
  const isWorse = (arm: ArmName) => {
    const pooled = found(arm);
    return pooled !== undefined && pooled.mean < 0 && pooled.adjusted < LEVEL;
  };
  const costs = stepCosts(timings);
  const models = [...new Set(settings.map(({model}) => model))];
  const cost = (arm: ArmName) =>
    models.map(model => {
      const step = costs.get(model)?.get(arm);
      return step === undefined ? '–' : fixed(step.median, 1);
    });
  const controls = (['htr-first', 'htr-last'] as const).filter(has);
  const beatsControls = controls.length === 2 && controls.every(isBetter);
  const isAsGood = (found('htr-all')?.lower ?? Number.NEGATIVE_INFINITY) > -MARGIN;
  const isOfUse = isAsGood && isBetter('none');
  const points = (x: number) => signed(x, 2);
  const against = (arm: ArmName) => {
    const pooled = found(arm);
    return pooled === undefined
      ? null
      : `${armTitles[arm]}: ${withInterval(pooled, points)} (${chance(pooled.adjusted)})`;
  };
  return {
    title: '5. The middle layers alone are enough',
    claim: 'The penalty on the middlemost layers alone already gives good results, at less cost.',
    outcome: isWorse('htr-all') ? 'does not hold' : isOfUse ? (beatsControls ? 'holds' : 'holds in part') : 'not shown',
    inShort: againstNone(settings, config.arms),
    verdict: `Test accuracy with the middle layers penalized, on average over the settings, less that with ${(
      ['htr-all', 'htr-first', 'htr-last', 'none'] as const
    )
      .map(against)
      .filter(text => text !== null)
      .join('; ')} points. ${
      isAsGood
        ? `It does as well as all layers, within the margin of ${MARGIN} points that was fixed beforehand.`
        : `That it does as well as all layers, within the margin of ${MARGIN} points that was fixed beforehand, is not shown.`
    } ${isBetter('none') ? '' : `That it does better than nothing is not shown${isAsGood && !isWorse('none') ? ', and so “as well” says little' : ''}. `}${
      controls.length < 2
        ? ''
        : beatsControls
          ? 'The middle is better than both controls of as many layers.'
          : 'That it is the *middle* that does it is not shown: the controls, as many layers at either end, are not both behind.'
    } In ${againstNone(settings, config.arms)}. A step costs ${cost('htr-middle').join(', ')} plain ones with the middle and ${cost('htr-all').join(', ')} with all layers (${models.map(model => settings.find(s => s.model === model)!.architecture.title).join(', ')}).`,
    picture: {
      name: 'places.svg',
      svg: differencePicture(
        'Test accuracy with the middle layers penalized, less that with …, percentage points',
        answers,
        ({against: arm}) => armTitles[arm],
        ['Paired by seed; bars: 95 % intervals over seeds (Student’s t), not corrected for their number.'],
      ),
      alt: 'Differences of test accuracy between the penalty on the middle layers and others',
    },
    body: [
      'The penalty on the middle layers less others, as above. First and last: as many layers as in the middle, from either end.',
      differences(settings, answers),
      'A training step in plain ones, median [quartiles] of the timing pass:',
      markdownTable(
        ['', ...config.arms.filter(arm => arm !== 'none').map(arm => armTitles[arm])],
        models.map(model => [
          settings.find(setting => setting.model === model)!.architecture.title,
          ...config.arms
            .filter(arm => arm !== 'none')
            .map(arm => {
              const step = costs.get(model)?.get(arm);
              return step === undefined ? '–' : `${fixed(step.median, 2)} [${fixed(step.q1, 2)}, ${fixed(step.q3, 2)}]`;
            }),
        ]),
      ),
    ].join('\n\n'),
    wouldChange:
      'Deeper networks, where the middle is a smaller part of the cost and farther from either end. ' +
      'One probe a layer, the package’s default, with which all layers cost more than here.',
  };
}

/** Each place against no regularizer, on average over the settings. */
function againstNone(settings: readonly Setting[], arms: readonly ArmName[]): string {
  const pooled = arms
    .filter(arm => arm.startsWith('htr-'))
    .map(arm => ({arm, ...comparisons(settings, arm, ['none'])[0]!.pooled}));
  const adjusted = holm(pooled.map(({p}) => p));
  const texts = pooled.map(
    (found, i) => `${armTitles[found.arm]}: ${withInterval(found, x => signed(x, 2))} (${chance(adjusted[i]!)})`,
  );
  return `points of test accuracy over none, with chances corrected among themselves: ${texts.join('; ')}`;
}
