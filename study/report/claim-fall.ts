import type {Change, FallAnswer, Quantity} from '../analysis/falls.js';
import {direction, fallAnswers} from '../analysis/falls.js';
import type {Setting} from '../analysis/settings.js';
import type {StudyConfig} from '../config.js';
import type {Claim} from './claim.js';
import {LEVEL} from './claim.js';
import {chance, fixed, markdownTable, number, withInterval} from './markdown.js';
import {fallPicture} from './pictures.js';

/** Claim 3: top eigenvalue and trace fall during training. */
export function fallClaim(settings: readonly Setting[], config: StudyConfig): Claim {
  const answers = fallAnswers(settings, ({model}) => config.models[model].momentum);
  const of = (quantity: Quantity) => answers.filter(answer => answer.quantity === quantity);
  const n = settings.length;
  const falls = (list: readonly FallAnswer[]) => list.filter(isFall).length;
  const rises = (list: readonly FallAnswer[]) => list.filter(isRise).length;
  const count = (list: readonly FallAnswer[], way: 'falls' | 'rises') =>
    list.filter(({overall}) => direction(overall) === way).length;
  const riseFirst = (list: readonly FallAnswer[]) => list.filter(({early}) => direction(early) === 'rises').length;
  const fallThen = (list: readonly FallAnswer[]) => list.filter(({later}) => isSure(later, 'falls')).length;
  const range = (list: readonly FallAnswer[]) => {
    const ratios = list
      .map(({overall}) => overall)
      .filter(({kind}) => kind === 'ratio')
      .map(({mean}) => mean)
      .sort((a, b) => a - b);
    return `${number(ratios[0]!, 2)} to ${number(ratios.at(-1)!, 2)} times`;
  };
  const sentence = (quantity: Quantity, name: string) => {
    const list = of(quantity);
    return (
      `${name} is, after correction, lower at the end than at initialization in ${falls(list)} of ${n} settings and higher in ${rises(list)}; by uncorrected intervals lower in ${count(list, 'falls')} and higher in ${count(list, 'rises')} (${range(list)}). ` +
      `During the first ${number(list[0]!.earlyEpochs)} epochs it rises in ${riseFirst(list)} (by uncorrected intervals); from there to the end it falls, after correction, in ${fallThen(list)}`
    );
  };
  const edges = of('top');
  return {
    title: '3. The top eigenvalue and the trace fall during training',
    claim:
      'The largest eigenvalue and the trace of the Hessian, of the whole network and of layers, fall as training goes on.',
    outcome:
      falls(answers) === answers.length
        ? 'holds'
        : falls(answers) + fallThen(answers) > 0
          ? 'holds in part'
          : rises(answers) > 0
            ? 'does not hold'
            : 'not shown',
    inShort: `after correction, from initialization to the end the top eigenvalue falls in ${falls(of('top'))} of ${n} settings and rises in ${rises(of('top'))}, the trace in ${falls(of('trace'))} and ${rises(of('trace'))}; from epoch ${number(edges[0]!.earlyEpochs)} on they fall in ${fallThen(of('top'))} and ${fallThen(of('trace'))}`,
    verdict:
      `${sentence('top', 'The top eigenvalue')}. ${sentence('trace', 'The trace')}. ` +
      `At its largest the top eigenvalue reaches ${number(Math.min(...edges.map(({edge}) => edge.mean)), 2)} to ${number(Math.max(...edges.map(({edge}) => edge.mean)), 2)} of the edge of stability, by setting.`,
    picture: {
      name: 'fall.svg',
      svg: fallPicture(settings, config),
      alt: 'Top eigenvalue and trace of the network and of each layer over training',
    },
    body: [
      'Of the Hessian, without regularizer; geometric means [95 % intervals] over seeds. **End / initial**, with its chance after Holm’s correction over this and the last comparison of all rows; **early / initial**; **end / early**, with * where its corrected chance is below 0.05; *by* a difference, where a trace is not positive and has no ratio; the mean epoch of the **peak** among the moments looked at; ' +
        '**layers**: how many fall and how many rise from initialization to the end, by their own uncorrected intervals; **edge**: the largest, and the last, of top × learning rate / (2 (1 + momentum)), which gradient descent on all images ' +
        'is stable below 1 with; small batches turn back earlier.',
      table(answers),
    ].join('\n\n'),
    wouldChange:
      'A loss that is driven closer to zero: with cross-entropy the curvature goes with the probability that is still missing. A larger learning rate, which holds the top eigenvalue down from above; a smaller ' +
      'one, or full batches, with which it rises up to the edge. Curvature is that of training images.',
  };
}

/** Whether a change goes that way after correction. */
function isSure(change: Change, way: 'falls' | 'rises'): boolean {
  return direction(change) === way && change.adjusted < LEVEL;
}

function isFall({overall}: FallAnswer): boolean {
  return isSure(overall, 'falls');
}

function isRise({overall}: FallAnswer): boolean {
  return isSure(overall, 'rises');
}

function shown(change: Change, digits: number): string {
  const text = withInterval(change, x => number(x, digits));
  return change.kind === 'ratio' ? text : `by ${text}`;
}

function table(answers: readonly FallAnswer[]): string {
  const early = `${number(answers[0]!.earlyEpochs)} epochs`;
  const heads = [
    '',
    'of',
    'end / initial',
    'chance',
    `${early} / initial`,
    `end / ${early}`,
    'peak at epoch',
    'layers',
    'edge',
  ];
  const rows = answers.map(({setting, quantity, overall, early: rise, later, peakEpoch, layers, edge, edgeAtEnd}) => {
    const fall = layers.filter(layer => direction(layer) === 'falls').length;
    const up = layers.filter(layer => direction(layer) === 'rises').length;
    return [
      setting.title,
      quantity === 'top' ? 'top eigenvalue' : 'trace',
      shown(overall, 3),
      chance(overall.adjusted),
      shown(rise, 2),
      `${shown(later, 2)}${later.adjusted < LEVEL ? ' *' : ''}`,
      fixed(peakEpoch, 1),
      `${fall} fall, ${up} rise of ${layers.length}`,
      quantity === 'top' ? `${number(edge.mean, 2)}, ${number(edgeAtEnd.mean, 2)}` : '',
    ];
  });
  return markdownTable(heads, rows, 2);
}
