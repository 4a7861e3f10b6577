import type {MiddleAnswer} from '../analysis/middle-ranks.js';
import {middleAnswers} from '../analysis/middle-ranks.js';
import type {Setting} from '../analysis/settings.js';
import {mean} from '../analysis/statistics.js';
import type {Claim} from './claim.js';
import {LEVEL} from './claim.js';
import {chance, fixed, markdownTable, number, withInterval} from './markdown.js';
import {middlePicture} from './pictures.js';

/** Claim 2: the middle layers' spectra are the most similar. */
export function middleClaim(settings: readonly Setting[]): Claim {
  const hessian = middleAnswers(settings, 'hessian', 'wasserstein');
  const second = middleAnswers(settings, 'hessian', 'jensenShannon');
  const gaussNewton = middleAnswers(settings, 'gaussNewton', 'wasserstein');
  const secondOfGaussNewton = middleAnswers(settings, 'gaussNewton', 'jensenShannon');
  const energy = middleAnswers(settings, 'hessian', 'energy');
  const energyOfGaussNewton = middleAnswers(settings, 'gaussNewton', 'energy');
  const n = settings.length;
  const more = (of: readonly MiddleAnswer[]) => of.filter(answer => isMore(answer)).length;
  const less = (of: readonly MiddleAnswer[]) => of.filter(answer => isLess(answer)).length;
  const first = (of: readonly MiddleAnswer[]) =>
    of.filter(({setting, closest}) => setting.architecture.middle.includes(closest.layer)).length;
  const all = [...hessian, ...second];
  const correlation = mean(hessian.map(({sizeCorrelation}) => sizeCorrelation.mean));
  return {
    title: '2. The middle layers’ spectra are the most similar to the whole network’s',
    claim: 'The Hessian’s spectrum of the middle layers is the most similar to that of the whole network.',
    outcome:
      more(all) === all.length
        ? 'holds'
        : more(all) > 0
          ? 'holds in part'
          : less(all) > 0
            ? 'does not hold'
            : 'not shown',
    inShort: `ranks better than chance in ${more(hessian)} of ${n} settings, worse in ${less(hessian)}; over layers the distance goes with size (correlation ${fixed(correlation, 2)})`,
    verdict:
      `After correction the middle layers rank better than chance in ${more(hessian)} of ${n} settings and worse in ${less(hessian)} by Wasserstein, in ${more(second)} and ${less(second)} by Jensen–Shannon, in ${more(energy)} and ${less(energy)} by energy; ` +
      `the most similar layer is one of them in ${first(hessian)}, ${first(second)} and ${first(energy)} of ${n}. Mean ranks by Wasserstein, 1 being the most similar: ` +
      `${hessian.map(({setting, rank, expected}) => `${withInterval(rank, x => fixed(x, 1))} where chance has ${fixed(expected, 1)} (${setting.title})`).join('; ')}. ` +
      `${whereMore(hessian)}What goes with that distance is size: over the layers of a network Spearman’s correlation of distance and part of the parameters is ${fixed(correlation, 2)} on average, by energy ${fixed(mean(energy.map(({sizeCorrelation}) => sizeCorrelation.mean)), 2)}.`,
    picture: {
      name: 'middle.svg',
      svg: middlePicture(settings),
      alt: 'Distance of each layer’s spectrum to the network’s, over training',
    },
    body: [
      '**Rank** of the middle layers (the mean of both where there are two) by distance to the whole network’s spectrum at the end of training, 1 = the most similar; mean [95 % interval] over seeds. ' +
        '**Chance**: of a mean rank as far from the middle one, if every order of layers were equally likely in every training; exact, two-sided, Holm over the settings for each matrix and distance. **Most similar**: the layer of the least ' +
        'mean distance, in how many trainings it is the first, and its part of the parameters. **Size**: Spearman’s correlation over layers of distance and part of the parameters; −1: the larger, the more similar.',
      table([
        ['Hessian', hessian, second, energy],
        ['Gauss–Newton', gaussNewton, secondOfGaussNewton, energyOfGaussNewton],
      ]),
      'In networks of relu and max pooling without batch normalization (MLP, LeNet) the blocks of single layers are the same for both matrices; only the whole network’s differ.',
    ].join('\n\n'),
    wouldChange:
      'Architectures in which size and place are not tied: in LeNet the middle layer is also the largest, in the MLP the first one is. Chances here speak of seeds; how many ' +
      'architectures there are like these, none of them says.',
  };
}

/** Where the middle is the most similar beyond chance, and how much of the network it is there. */
function whereMore(answers: readonly MiddleAnswer[]): string {
  const found = answers
    .filter(isMore)
    .map(({setting, middleShare}) => `${number(100 * middleShare, 2)} % of the parameters of ${setting.title}`);
  return found.length === 0 ? '' : `Where they rank better than chance, the middle layers have ${found.join(', ')}. `;
}

function isMore({rank, expected, adjusted}: MiddleAnswer): boolean {
  return rank.mean < expected && adjusted < LEVEL;
}

function isLess({rank, expected, adjusted}: MiddleAnswer): boolean {
  return rank.mean > expected && adjusted < LEVEL;
}

function table(groups: readonly (readonly [string, ...(readonly MiddleAnswer[])[]])[]): string {
  const heads = [
    '',
    'matrix',
    'middle',
    'rank, Wasserstein',
    'chance',
    'at initialization',
    'rank, Jensen–Shannon',
    'chance',
    'rank, energy',
    'chance',
    'most similar',
    'size',
  ];
  const rows = groups.flatMap(([matrix, main, second, third]) =>
    main!.map((answer, i) => {
      const {setting, rank, initialRank, adjusted, closest, middleShare, sizeCorrelation} = answer;
      const [other, energy] = [second![i]!, third![i]!];
      return [
        setting.title,
        matrix,
        `${setting.architecture.middle.join(', ')} (${number(100 * middleShare, 2)} %)`,
        `${withInterval(rank, x => fixed(x, 1))} of ${setting.architecture.layers.length}`,
        chance(adjusted),
        fixed(initialRank.mean, 1),
        withInterval(other.rank, x => fixed(x, 1)),
        chance(other.adjusted),
        withInterval(energy.rank, x => fixed(x, 1)),
        chance(energy.adjusted),
        `${closest.layer}, ${closest.times} of ${setting.seeds.length} (${number(100 * closest.share, 2)} %)`,
        fixed(sizeCorrelation.mean, 2),
      ];
    }),
  );
  return markdownTable(heads, rows, 3);
}
