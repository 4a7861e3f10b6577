import * as Plot from '@observablehq/plot';
import type {DepthAnswer, DepthMeasure} from '../analysis/depth.js';
import type {SpectraFall} from '../analysis/spectra-falls.js';
import type {MeanInterval} from '../analysis/statistics.js';
import {holm} from '../analysis/statistics.js';
import {grouped} from '../grouped.js';
import {protocolTitle} from '../protocol/title.js';
import type {Picture} from './claim.js';
import {LEVEL} from './claim.js';
import {depthPicture, depthTable} from './depth-figure.js';
import type {Corrected, Evidence} from './evidence.js';
import {notRunYet, outcomeOf} from './evidence.js';
import {chance, markdownTable, number, signed, withInterval} from './markdown.js';
import {drawSheet, hues, WIDTH} from './panels.js';

/** Claim 1, by a measure of distance: layers are nearer to their network than what does not resemble it. */
export function shapeEvidence(answers: readonly DepthAnswer[], measure: DepthMeasure): Evidence {
  const of = answers.filter(answer => answer.measure === measure);
  const references = ['random', 'zero', 'other seeds'] as const;
  const found = of.flatMap(({setting, less}) =>
    references.flatMap(reference => (less[reference] === null ? [] : [{setting, reference, ...less[reference]}])),
  );
  if (of.length === 0) return notRunYet;
  const corrected = correct(found);
  const closer = (reference: (typeof references)[number]) =>
    corrected.filter(c => c.reference === reference && c.mean < 0 && c.adjusted < LEVEL).length;
  const outcome = of.some(({seeds}) => seeds < 2) ? null : outcomeOf(corrected.map(opposite));
  const inShort = `layers are nearer to their network than a random matrix in ${closer('random')} of ${of.length} settings, than the zero matrix in ${closer('zero')}, than to other seeds’ networks in ${closer('other seeds')}`;
  return {
    ...{outcome, inShort, pictures: []},
    text: [
      depthTable(of),
      'The layers’ mean distance to their network less each reference’s, in the unit of the table, paired by seed: mean [95 % interval] and its chance after Holm’s correction.',
      markdownTable(
        ['', 'less random matrix', 'less zero matrix', 'less other seeds'],
        of.map(({setting}) => [
          protocolTitle(setting),
          ...references.map(reference => {
            const difference = corrected.find(c => c.setting === setting && c.reference === reference);
            return difference === undefined
              ? '–'
              : `${withInterval(difference, x => signed(x, 3))}, ${chance(difference.adjusted)}`;
          }),
        ]),
      ),
    ].join('\n\n'),
  };
}

/** Claim 2, by a measure of distance: the middle half of the layers is nearer to the network than the others. */
export function middleEvidence(answers: readonly DepthAnswer[], measure: DepthMeasure): Evidence {
  const of = answers.filter(answer => answer.measure === measure);
  if (of.length === 0) return notRunYet;
  const corrected = correct(of.map(({setting, middle}) => ({setting, ...middle})));
  const texts = corrected.map(
    found => `${protocolTitle(found.setting)} ${withInterval(found, x => signed(x, 3))} (${chance(found.adjusted)})`,
  );
  return {
    outcome: of.some(({seeds}) => seeds < 2) ? null : outcomeOf(corrected.map(opposite)),
    inShort: `mean distance of the middle half of the kernels less that of the others: ${texts.join('; ')}`,
    text: `The mean distance of the middle half of the kernels less that of the others, in the unit of the table of claim 1, paired by seed (chance after Holm’s correction): ${texts.join('; ')}. Below zero, the middle is nearer.`,
    pictures: [],
  };
}

/** The picture of claims 1 and 2, once there are spectra. */
export function depthPictures(answers: readonly DepthAnswer[]): Picture[] {
  return answers.length === 0
    ? []
    : [{name: 'depth.svg', svg: depthPicture(answers), alt: 'Distance against depth, for two measures'}];
}

/** Claim 3: top eigenvalue and trace at the last epoch's end, in those of the first one's. */
export function fallEvidence(falls: readonly SpectraFall[]): Evidence {
  if (falls.length === 0) return notRunYet;
  const ratios = falls.flatMap(({ratio}) => (ratio === null ? [] : [ratio]));
  const name = {top: 'top eigenvalue', trace: 'trace'} as const;
  const shown = ({ratio}: SpectraFall) => (ratio === null ? '–' : withInterval(ratio, x => number(x, 2)));
  return {
    outcome: falls.some(({seeds}) => seeds < 2)
      ? null
      : outcomeOf(ratios.map(({mean, adjusted}) => ({mean: 1 - mean, adjusted}))),
    inShort: `from the first fifth of the epochs to the last: ${falls.map(fall => `${protocolTitle(fall.setting)}, ${name[fall.quantity]} × ${shown(fall)}`).join('; ')}`,
    text: [
      'The mean over the last fifth of the epochs in that over the first fifth: geometric mean over seeds [95 % interval] and its chance after Holm’s correction. The authors’ spectra are of one probe, by which a single trace is known to ± √2 ‖H‖ only, so we average. Trainings for spectra have no augmentation and one learning rate, as in the authors’ code.',
      markdownTable(
        ['', 'of the network', 'last / first', 'chance', 'layers that fall', 'seeds'],
        falls.map(fall => [
          ...[protocolTitle(fall.setting), name[fall.quantity], shown(fall)],
          fall.ratio === null || fall.seeds < 2 ? '–' : chance(fall.ratio.adjusted),
          `${fall.fallingLayers} of ${fall.layers}`,
          String(fall.seeds),
        ]),
        2,
      ),
      '![Top eigenvalue and trace after each epoch, by the authors’ protocol](protocol-fall.svg)',
    ].join('\n\n'),
    pictures: [{name: 'protocol-fall.svg', svg: fallPicture(falls), alt: 'Top eigenvalue and trace after each epoch'}],
  };
}

function fallPicture(falls: readonly SpectraFall[]): string {
  const panels = falls.map(({setting, quantity, course}) => ({
    title: `${protocolTitle(setting)}: ${quantity === 'top' ? 'top eigenvalue' : 'trace'}`,
    width: Math.floor((WIDTH - 48) / 2),
    height: 220,
    options: {
      x: {label: 'epoch'},
      y: {label: null, type: course.every(value => value > 0) ? ('log' as const) : ('linear' as const), grid: true},
      marks: [
        Plot.lineY(
          course.map((value, epoch) => ({value, epoch: epoch + 1})),
          {x: 'epoch', y: 'value', stroke: hues.blue, strokeWidth: 1.8},
        ),
      ],
    },
  }));
  return drawSheet({
    title: 'Top eigenvalue and trace of the whole network after each epoch, by the authors’ protocol',
    legend: [],
    rows: [...grouped(panels, ({title}) => title.split(':')[0]!).values()].map(row => ({panels: row})),
    notes: ['Means over seeds. Logarithmic where all are above zero.'],
  });
}

function opposite({mean, adjusted}: Corrected): Corrected {
  return {mean: -mean, adjusted};
}

function correct<T extends MeanInterval>(found: readonly T[]): (T & Corrected)[] {
  const adjusted = holm(found.map(({p}) => p));
  return found.map((one, i) => ({...one, adjusted: adjusted[i]!}));
}
