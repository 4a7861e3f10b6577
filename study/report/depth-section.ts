import * as Plot from '@observablehq/plot';
import type {DepthAnswer, DepthMeasure, DepthReference} from '../analysis/depth.js';
import {depthMeasures} from '../analysis/depth.js';
import {dataSetTitles} from '../config.js';
import {grouped} from '../grouped.js';
import type {ProtocolSettingName} from '../protocol/settings.js';
import {protocolSettings} from '../protocol/settings.js';
import {networkTitles} from '../recipe/networks.js';
import type {Picture} from './claim.js';
import {fixed, markdownTable, withInterval} from './markdown.js';
import type {Legend, Panel} from './panels.js';
import {colors, drawSheet, hues, WIDTH} from './panels.js';

const measureTitles: Readonly<Record<DepthMeasure, string>> = {
  values: 'sets of density values (the authors’ code)',
  positions: 'positions of eigenvalues (Wasserstein-1)',
};

const references: readonly (Legend & {readonly kind: DepthReference})[] = [
  {kind: 'own', name: 'own network', color: hues.blue},
  {kind: 'other seeds', name: 'other seeds’ networks', color: hues.orange},
  {kind: 'zero', name: 'zero matrix to own', color: colors.ink},
  {kind: 'random', name: 'random matrix to own', color: hues.vermilion},
];

/** Distance against depth, as the paper's figure has it. */
export interface DepthSection {
  readonly text: string;
  readonly picture: Picture;
}

/** @returns `null` if there are no spectra yet. */
export function depthSection(answers: readonly DepthAnswer[]): DepthSection | null {
  if (answers.length === 0) return null;
  const picture = {name: 'depth.svg', svg: depthPicture(answers), alt: 'Distance against depth, for two measures'};
  return {
    text: [
      '**Distance against depth.** Of each kernel’s spectrum to the whole network’s, summed over all epochs and divided by the largest layer’s, as the paper’s figure has it; mean [95 % interval] over seeds. ' +
        'Beside it, in the same unit, distances that do not need the layer to resemble its network: of the layer to the networks of *other seeds*, and of the *zero matrix* and of a *random* symmetric matrix (GOE) to the network.',
      `![${picture.alt}](study/${picture.name})`,
      ...depthMeasures.map(measure =>
        table(
          answers.filter(answer => answer.measure === measure),
          measure,
        ),
      ),
    ].join('\n\n'),
    picture,
  };
}

function table(answers: readonly DepthAnswer[], measure: DepthMeasure): string {
  const rows = answers.flatMap(answer =>
    answer.layers.map(({name, parameters, to}) => [
      `${titleOf(answer)}, ${answer.seeds} seed${answer.seeds === 1 ? '' : 's'}`,
      name,
      parameters.toLocaleString('en'),
      ...references.map(({kind}) => {
        const found = to[kind];
        if (found === null) return '–';
        return found.n < 2 ? fixed(found.mean, 2) : withInterval(found, x => fixed(x, 2));
      }),
    ]),
  );
  const heads = ['', 'kernel', 'parameters', ...references.map(({name}) => name)];
  return `By ${measureTitles[measure]}:\n\n${markdownTable(heads, rows, 2)}`;
}

function depthPicture(answers: readonly DepthAnswer[]): string {
  const byMeasure = grouped(answers, ({measure}) => measure);
  return drawSheet({
    title: 'How far is each layer’s spectrum from the whole network’s, over training?',
    legend: references,
    rows: [...byMeasure].map(([measure, of]) => ({
      heading: `By ${measureTitles[measure]}`,
      panels: of.map(answer => depthPanel(answer, of.length)),
    })),
    notes: [
      'Sums over epochs, divided by that of the layer that is farthest. Bars: 95 % intervals over seeds (Student’s t). The random matrix is left out where it is off the scale.',
    ],
  });
}

function depthPanel(answer: DepthAnswer, count: number): Panel {
  const points = references.flatMap(({kind, color}) =>
    answer.layers.flatMap(({to}, i) => {
      const found = to[kind];
      return found === null ? [] : [{kind, color, layer: i + 1, ...found}];
    }),
  );
  const own = points.filter(({kind, n}) => kind === 'own' && n > 1);
  return {
    title: titleOf(answer),
    width: Math.floor((WIDTH - 48) / Math.max(2, count)),
    height: 240,
    options: {
      x: {
        ...{label: null, tickFormat: 'd', domain: [0.5, answer.layers.length + 0.5]},
        ticks: answer.layers.map((_, i) => i + 1),
      },
      y: {label: null, domain: [0, 1.6], clamp: false, grid: true},
      marks: [
        Plot.lineY(points, {x: 'layer', y: 'mean', z: 'kind', stroke: 'color', strokeWidth: 1.6, clip: true}),
        Plot.ruleX(own, {x: 'layer', y1: 'lower', y2: 'upper', stroke: 'color', strokeWidth: 1.6, clip: true}),
        Plot.dot(points, {x: 'layer', y: 'mean', fill: 'color', r: 3, clip: true}),
      ],
    },
  };
}

function titleOf({setting}: DepthAnswer): string {
  const {network, dataSet} = protocolSettings[setting as ProtocolSettingName];
  return `${dataSetTitles[dataSet]}, ${networkTitles[network]}`;
}
