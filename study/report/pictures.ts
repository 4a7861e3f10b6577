import * as Plot from '@observablehq/plot';
import type {Comparison} from '../analysis/comparisons.js';
import type {ReferenceKind, ShapeAnswer} from '../analysis/layer-distances.js';
import type {Setting} from '../analysis/settings.js';
import type {MeanInterval} from '../analysis/statistics.js';
import {exponential, meanInterval} from '../analysis/statistics.js';
import type {ArmName} from '../arms.js';
import {armTitles} from '../arms.js';
import type {StudyConfig} from '../config.js';
import type {SpectrumRow} from '../records/load.js';
import {intervalPanels, isBounded} from './interval-panels.js';
import {number} from './markdown.js';
import type {Legend, Panel} from './panels.js';
import {colors, drawSheet, hues, WIDTH} from './panels.js';

const BARS = 'Bars: 95 % intervals over seeds (Student’s t).';

const references: readonly (Legend & {readonly kind: ReferenceKind})[] = [
  {kind: 'own', name: 'own network', color: hues.blue},
  {kind: 'other seeds', name: 'other seeds’ networks', color: hues.orange},
  {kind: 'other network', name: 'another architecture', color: hues.green},
  {kind: 'initial', name: 'own, at initialization', color: hues.purple},
  {kind: 'zero', name: 'zero matrix to own', color: colors.ink},
  {kind: 'random', name: 'random matrix to own', color: hues.vermilion},
];

/** Claim 1: the distance of each layer's spectrum to its network's, beside distances that mean nothing. */
export function shapePicture(main: readonly ShapeAnswer[], energy: readonly ShapeAnswer[]): string {
  return drawSheet({
    title: 'Is a layer’s Hessian spectrum shaped like the whole network’s?',
    legend: references,
    rows: [
      {
        heading: 'Wasserstein-1 distance of spectra scaled to a largest magnitude of 1',
        panels: main.map(answer => shapePanel(answer, main.length)),
      },
      {
        heading: 'The same with eigenvalues weighted by their magnitude (energy)',
        panels: energy.map(answer => shapePanel(answer, energy.length)),
      },
    ],
    notes: [`At the end of training, by layer from the input to the output. Logarithmic. ${BARS}`],
  });
}

function shapePanel({setting, layers, kind}: ShapeAnswer, count: number): Panel {
  const points = references.flatMap(({kind: reference, color}) =>
    layers.flatMap(({to}, i) => {
      const distances = to[reference];
      // The zero matrix has no energy.
      if (distances === null || (kind === 'energy' && reference === 'zero')) return [];
      const logs = distances.map(distance => Math.log(Math.max(distance[kind], 1e-6)));
      return [{reference, color, layer: i + 1, ...exponential(meanInterval(logs))}];
    }),
  );
  const own = points.filter(({reference}) => reference === 'own');
  return {
    title: setting.title,
    width: panelWidth(count),
    height: 240,
    options: {
      x: {label: null, ticks: layers.map((_, i) => i + 1), tickFormat: 'd', domain: [0.5, layers.length + 0.5]},
      y: logarithmic(points.map(point => point.mean)),
      marks: [
        Plot.lineY(points, {x: 'layer', y: 'mean', z: 'reference', stroke: 'color', strokeWidth: 1.6, clip: true}),
        Plot.ruleX(own.filter(isBounded), {
          x: 'layer',
          y1: 'lower',
          y2: 'upper',
          stroke: 'color',
          strokeWidth: 1.6,
          clip: true,
        }),
        Plot.dot(points, {x: 'layer', y: 'mean', fill: 'color', r: 3, clip: true}),
      ],
    },
  };
}

const places: readonly (Legend & {readonly place: 'middle' | 'first' | 'last' | 'other'})[] = [
  {place: 'middle', name: 'middle layers', color: hues.vermilion},
  {place: 'first', name: 'first layers', color: hues.blue},
  {place: 'last', name: 'last layers', color: hues.green},
  {place: 'other', name: 'others', color: hues.grey},
];

/** Claim 2: the same distance over training. */
export function middlePicture(settings: readonly Setting[]): string {
  const row = (operator: 'hessian' | 'gaussNewton') =>
    settings.map(setting =>
      overTraining(setting, settings.length, operator, {
        withNetwork: false,
        value: ({wasserstein}) => wasserstein,
      }),
    );
  return drawSheet({
    title: 'Which layer’s spectrum is most like the whole network’s, over training?',
    legend: places,
    rows: [
      {heading: 'Hessian', panels: row('hessian')},
      {heading: 'Gauss–Newton matrix', panels: row('gaussNewton')},
    ],
    notes: [
      'Wasserstein-1 distance to the whole network’s spectrum (logarithmic), after epochs; 0 is initialization. Lower is more alike. ' +
        BARS,
    ],
  });
}

/** Claim 3: top eigenvalues and traces over training. */
export function fallPicture(settings: readonly Setting[], config: StudyConfig): string {
  const row = (quantity: 'top' | 'trace') =>
    settings.map(setting => {
      const {learningRate, momentum} = config.models[setting.model];
      return overTraining(setting, settings.length, 'hessian', {
        withNetwork: true,
        value: spectrum => spectrum[quantity],
        ...(quantity === 'top' && {threshold: (2 * (1 + momentum)) / learningRate}),
      });
    });
  return drawSheet({
    title: 'Do the top eigenvalue and the trace fall during training?',
    legend: [{name: 'whole network', color: colors.ink}, ...places],
    rows: [
      {heading: 'Top eigenvalue; dashed: 2 (1 + momentum) / learning rate, the edge of stability', panels: row('top')},
      {heading: 'Trace', panels: row('trace')},
    ],
    notes: [`After epochs; 0 is initialization. Logarithmic; values that are not positive are left out. ${BARS}`],
  });
}

interface OverTraining {
  readonly value: (spectrum: SpectrumRow) => number | null;
  /** Whether the whole network's value is drawn too. */
  readonly withNetwork: boolean;
  /** A value to draw a dashed line at. */
  readonly threshold?: number;
}

function overTraining(
  {architecture, of, title}: Setting,
  count: number,
  operator: 'hessian' | 'gaussNewton',
  {value, withNetwork, threshold}: OverTraining,
): Panel {
  const runs = of('none').map(training => training[operator]);
  const moments = runs[0]!.map(({epochs}) => epochs);
  const line = (name: string, color: string, spectrum: (run: number, moment: number) => SpectrumRow) =>
    moments.flatMap((epochs, m) => {
      const values = runs.map((_, run) => value(spectrum(run, m)) ?? 0);
      if (values.some(found => found <= 0)) return [];
      return [{name, color, epochs: label(epochs), ...exponential(meanInterval(values.map(Math.log)))}];
    });
  const points = architecture.layers.flatMap((name, i) => {
    const place = (['middle', 'first', 'last'] as const).find(of => architecture[of].includes(name)) ?? 'other';
    const {color} = places.find(known => known.place === place)!;
    return line(name, color, (run, m) => runs[run]![m]!.layers[i]!);
  });
  const network = withNetwork ? line('network', colors.ink, (run, m) => runs[run]![m]!.full) : [];
  const all = [...points, ...network];
  return {
    title,
    width: panelWidth(count),
    height: 230,
    options: {
      x: {type: 'point', label: null, domain: moments.map(label)},
      y: logarithmic([...all.map(point => point.mean), ...(threshold === undefined ? [] : [threshold])]),
      marks: [
        ...(threshold === undefined ? [] : [Plot.ruleY([threshold], {stroke: colors.quiet, strokeDasharray: '4 3'})]),
        Plot.ruleX(all.filter(isBounded), {
          x: 'epochs',
          y1: 'lower',
          y2: 'upper',
          stroke: 'color',
          strokeOpacity: 0.5,
          clip: true,
        }),
        Plot.lineY(points, {x: 'epochs', y: 'mean', z: 'name', stroke: 'color', strokeWidth: 1.6, clip: true}),
        Plot.lineY(network, {x: 'epochs', y: 'mean', stroke: 'color', strokeWidth: 2.6, clip: true}),
        Plot.dot(all, {x: 'epochs', y: 'mean', fill: 'color', r: 2.4, clip: true}),
      ],
    },
  };
}

/** Claims 4 and 5: differences of test accuracy, by setting and pooled. */
export function differencePicture(
  title: string,
  answers: readonly Comparison[],
  row: (comparison: Comparison) => string,
  notes: readonly string[],
): string {
  const of = (color: string, interval: (answer: Comparison) => MeanInterval) =>
    answers.map(answer => ({...interval(answer), row: row(answer), color}));
  const columns = [
    ...answers[0]!.inSettings.map(({setting}, i) => ({
      title: setting.title,
      points: of(hues.blue, ({inSettings}) => inSettings[i]!),
    })),
    {title: 'mean of all', points: of(hues.vermilion, ({pooled}) => pooled)},
  ];
  const ends = columns.flatMap(({points}) => points.flatMap(({lower, upper}) => [Math.abs(lower), Math.abs(upper)]));
  const reach = Math.min(8, Math.max(...ends));
  const x = {domain: [-reach, reach], ticks: 5};
  return drawSheet({
    title,
    legend: [],
    rows: [{panels: intervalPanels({columns, rows: answers.map(row), neutral: 0, x})}],
    notes,
  });
}

export function armRow({arm}: {arm: ArmName}): string {
  return armTitles[arm];
}

/** A logarithmic axis around some values; bars that reach beyond are cut off. */
function logarithmic(values: readonly number[]): Plot.ScaleOptions {
  const domain = [Math.min(...values) / 1.5, Math.max(...values) * 1.5] as const;
  const between = (digits: readonly number[]) =>
    Array.from({length: 16}, (_, i) => 10 ** (i - 8))
      .flatMap(power => digits.map(digit => digit * power))
      .filter(tick => tick >= domain[0] && tick <= domain[1]);
  const decades = between([1]);
  // Plot leaves out labels where it finds a logarithmic axis crowded.
  const ticks = decades.length > 2 ? decades : between(domain[1] / domain[0] > 20 ? [1, 3] : [1, 2, 5]);
  const tickFormat = (tick: number) => (tick < 0.01 ? tick.toExponential(0).replace('-', '−') : number(tick, 1));
  return {type: 'log', label: null, grid: true, ticks, tickFormat, domain};
}

function panelWidth(count: number): number {
  return Math.min(420, Math.floor((WIDTH - 48) / count));
}

function label(epochs: number): string {
  return epochs === 0.25 ? '¼' : String(Number(epochs.toFixed(2)));
}
