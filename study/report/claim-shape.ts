import type {DensityRecord} from 'tfjs-hessian';
import type {DistanceKind} from '../analysis/distances.js';
import type {Operator, ReferenceKind, ShapeAnswer} from '../analysis/layer-distances.js';
import {shapeAnswers} from '../analysis/layer-distances.js';
import type {Setting} from '../analysis/settings.js';
import {mean} from '../analysis/statistics.js';
import type {Claim} from './claim.js';
import {LEVEL} from './claim.js';
import {fixed, markdownTable, number, withInterval} from './markdown.js';
import {shapePicture} from './pictures.js';

const compared = ['other seeds', 'other network', 'initial', 'zero', 'random'] as const;
type Compared = (typeof compared)[number];

/** Claim 1: each layer's spectrum is shaped like the whole network's. */
export function shapeClaim(settings: readonly Setting[], goe: ReadonlyMap<number, DensityRecord>): Claim {
  const answers = (operator: Operator, kind: DistanceKind) => shapeAnswers(settings, operator, kind, goe);
  const main = answers('hessian', 'wasserstein');
  const second = answers('hessian', 'jensenShannon');
  const energy = answers('hessian', 'energy');
  const others = [
    answers('gaussNewton', 'wasserstein'),
    answers('gaussNewton', 'jensenShannon'),
    answers('gaussNewton', 'energy'),
  ];
  const closer = (of: readonly ShapeAnswer[], to: Compared) => of.filter(({less}) => isCloser(less[to])).length;
  const n = settings.length;
  const tally = (of: readonly ShapeAnswer[]) =>
    `than a random matrix is in ${closer(of, 'random')} of ${n} settings, than the zero matrix in ${closer(of, 'zero')}, and than to other seeds’ networks in ${closer(of, 'other seeds')}`;
  const tallyOfEnergy = (of: readonly ShapeAnswer[]) =>
    `than a random matrix is in ${closer(of, 'random')}, and than to other seeds’ networks in ${closer(of, 'other seeds')}`;
  const both = [...main, ...second];
  const againstRandom = both.every(({less}) => isCloser(less.random));
  const againstZero = both.every(({less}) => isCloser(less.zero));
  const isItsOwn = both.every(({less}) => isCloser(less['other seeds']));
  const ratio = (reference: ReferenceKind) =>
    mean(main.map(({to}) => (to[reference]?.mean ?? Number.NaN) / to.own!.mean));
  return {
    title: '1. Each layer’s spectrum is shaped like the whole network’s',
    claim: 'The geometry of each layer’s Hessian is largely similar to that of the whole Hessian.',
    outcome:
      againstRandom && againstZero && isItsOwn ? 'holds' : closer(both, 'random') > 0 ? 'holds in part' : 'not shown',
    inShort: `closer to its network than a random matrix is in ${closer(main, 'random')} of ${n} settings, than the zero matrix in ${closer(main, 'zero')}, than to other seeds’ networks in ${closer(main, 'other seeds')}`,
    verdict:
      `${againstRandom ? 'Layers’ spectra are of their network’s kind' : 'That layers’ spectra are of their network’s kind is not shown throughout'}: a random symmetric matrix is ` +
      `${number(ratio('random'), 2)} times as far from the network’s spectrum as its layers are, on average over the settings. ${
        isItsOwn
          ? 'And the likeness is the network’s own'
          : 'But the likeness is not, or not throughout, the network’s own'
      }: to the networks of other seeds the layers are ${fixed(ratio('other seeds'), 2)} times as far as to theirs, and the zero matrix, whose spectrum has no shape at all, is ` +
      `${number(ratio('zero'), 2)} times as far from the network as its layers are. After correction, a layer is closer to its network ${tally(main)} (Wasserstein); ` +
      `${tally(second)} (Jensen–Shannon); by where the trace lies, ${tallyOfEnergy(energy)} (energy).`,
    picture: {
      name: 'shape.svg',
      svg: shapePicture(main, energy),
      alt: 'Distances of layers’ spectra, by layer and setting',
    },
    body: [
      'Distances to the whole network’s spectrum at the end of training without regularizer, averaged over layers: mean [95 % interval] over seeds. ' +
        '**Own**: of the layers to their network. Then what that has to be compared with: of the layers to the networks of *other seeds*, to *another architecture* with the same images, ' +
        'to the same network *at initialization*; of the *zero matrix*, and of *random* symmetric matrices (GOE) of the layers’ sizes through the same estimator, to the network; and the *noise*: of two estimates of the network’s ' +
        'spectrum, from half of the probes each. ✓: the layers are closer to their own network; ✗: they are farther (paired by seed, Holm over all comparisons of a distance, level 0.05). ' +
        'The third distance, **energy**, is Wasserstein’s of the eigenvalues weighted with their magnitudes: it compares where the trace lies and is blind to the eigenvalues near zero, of which most of every spectrum here is made. It was added when the first results showed that the ' +
        'other two see little else, and is not part of the verdict’s word.',
      table('Wasserstein-1', main),
      table('Jensen–Shannon', second),
      table('Energy', energy),
      `With the Gauss–Newton matrix in the place of the Hessian a layer is closer to its network ${tally(others[0]!)} (Wasserstein); ${tally(others[1]!)} (Jensen–Shannon); ${tallyOfEnergy(others[2]!)} (energy).`,
    ].join('\n\n'),
    wouldChange:
      'Another scale than the one largest eigenvalue, which all three distances hang on. Larger networks, in which ' +
      'more eigenvalues stand out, and more Lanczos steps, which resolve the bulk.',
  };
}

function isCloser(found: ShapeAnswer['less'][Compared]): boolean {
  return found !== null && found.mean < 0 && found.adjusted < LEVEL;
}

function isFarther(found: ShapeAnswer['less'][Compared]): boolean {
  return found !== null && found.mean > 0 && found.adjusted < LEVEL;
}

function table(name: string, answers: readonly ShapeAnswer[]): string {
  const heads = [
    '',
    'own',
    'other seeds',
    'another architecture',
    'at initialization',
    'zero matrix',
    'random matrix',
    'noise',
  ];
  const cell = ({to, less}: ShapeAnswer, reference: Compared) => {
    if (to[reference] === null) return '';
    const mark = isCloser(less[reference]) ? ' ✓' : isFarther(less[reference]) ? ' ✗' : '';
    return `${number(to[reference].mean)}${mark}`;
  };
  const rows = answers.map(answer => [
    `${answer.setting.title}`,
    withInterval(answer.to.own!),
    ...compared.map(reference => cell(answer, reference)),
    answer.to.noise === null ? '' : number(answer.to.noise.mean),
  ]);
  return markdownTable([name, ...heads.slice(1)], rows);
}
