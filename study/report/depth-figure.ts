import * as Plot from '@observablehq/plot';
import type {DepthAnswer, DepthMeasure, DepthReference} from '../analysis/depth.js';
import {grouped} from '../grouped.js';
import {protocolTitle} from '../protocol/title.js';
import {fixed, markdownTable, withInterval} from './markdown.js';
import type {Legend, Panel} from './panels.js';
import {colors, drawSheet, hues, WIDTH} from './panels.js';

export const measureTitles: Readonly<Record<DepthMeasure, string>> = {
  values: 'sets of density values (the authors’ code)',
  positions: 'positions of eigenvalues (Wasserstein-1)',
};

const references: readonly (Legend & {readonly kind: DepthReference})[] = [
  {kind: 'own', name: 'own network', color: hues.blue},
  {kind: 'other seeds', name: 'other seeds’ networks', color: hues.orange},
  {kind: 'zero', name: 'zero matrix to own', color: colors.ink},
  {kind: 'random', name: 'random matrix to own', color: hues.vermilion},
];

/** Of one measure: a row a kernel. */
export function depthTable(answers: readonly DepthAnswer[]): string {
  const rows = answers.flatMap(answer =>
    answer.layers.map(({name, parameters, to}) => [
      `${protocolTitle(answer.setting)}, ${answer.seeds} seed${answer.seeds === 1 ? '' : 's'}`,
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
  return markdownTable(heads, rows, 2);
}

/** Distance against depth, as the paper's figure has it. */
export function depthPicture(answers: readonly DepthAnswer[]): string {
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
    title: protocolTitle(answer.setting),
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
