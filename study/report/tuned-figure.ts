import type {ScaleOptions} from '@observablehq/plot';
import type {MeanInterval} from '../analysis/statistics.js';
import type {Picture} from './claim.js';
import type {Differences} from './differences.js';
import type {IntervalPanelsArgs} from './interval-panels.js';
import {intervalPanels} from './interval-panels.js';
import {drawSheet, hues} from './panels.js';

/** What each tuned regularizer does to test accuracy and test loss; none if none was compared with no regularizer. */
export function tunedPictures({found, titles}: Differences, isPenalty: (arm: string) => boolean): Picture[] {
  const toNone = found.filter(({against}) => against === 'none');
  if (toNone.length === 0) return [];
  const settings = [...new Set(toNone.map(({setting}) => setting))];
  const rows = [...new Set(toNone.map(({arm}) => titles.arm(arm)))];
  const color = (arm: string) => (isPenalty(arm) ? hues.vermilion : hues.blue);
  const columns = (of: (difference: Differences['found'][number]) => MeanInterval | null) =>
    settings.map(setting => ({
      title: titles.setting(setting),
      points: toNone.flatMap(difference => {
        const interval = difference.setting === setting ? of(difference) : null;
        return interval === null ? [] : [{...interval, row: titles.arm(difference.arm), color: color(difference.arm)}];
      }),
    }));
  const sideBySide = (columns: IntervalPanelsArgs['columns'], heading: string, neutral: number, x: ScaleOptions) =>
    inLinesOf(COLUMNS, columns).map((line, i) => ({
      ...(i === 0 && {heading}),
      panels: intervalPanels({columns: line, rows, neutral, x, rowHeight: 26}),
    }));
  const [gains, losses] = [columns(({accuracy}) => accuracy), columns(({loss}) => loss)];
  const means = losses.flatMap(({points}) => points.map(({mean}) => mean));
  const [least, most] = [Math.min(1, ...means) / 1.15, Math.max(1, ...means) * 1.15];
  const ticks = [0.25, 0.5, 0.7, 1, 1.4, 2, 4].filter(tick => tick >= least && tick <= most);
  const svg = drawSheet({
    title: 'What does each regularizer gain, when all are tuned alike?',
    legend: [
      {name: 'penalties on the trace', color: hues.vermilion},
      {name: 'others', color: hues.blue},
    ],
    rows: [
      ...sideBySide(gains, 'Test accuracy over that without, percentage points: more is better', 0, {
        domain: rangeOf(gains),
        ticks: 4,
      }),
      ...sideBySide(losses, 'Test loss, in that without (logarithmic): less is better', 1, {
        ...{type: 'log', domain: [least, most]},
        ...{ticks, tickFormat: String},
      }),
    ],
    notes: ['Paired by seed; bars: 95 % intervals over seeds (Student’s t), not corrected for their number.'],
  });
  return [
    {name: 'tuned.svg', svg, alt: 'Test accuracy and test loss of each tuned regularizer beside none, by setting'},
  ];
}

/** Settings beside each other. */
const COLUMNS = 3;

function inLinesOf<T>(length: number, items: readonly T[]): T[][] {
  return Array.from({length: Math.ceil(items.length / length)}, (_, i) => items.slice(i * length, (i + 1) * length));
}

/** From the lowest end of an interval to the highest. */
function rangeOf(columns: readonly {readonly points: readonly MeanInterval[]}[]): [number, number] {
  const ends = columns
    .flatMap(({points}) => points.flatMap(({lower, upper}) => [lower, upper]))
    .filter(Number.isFinite);
  return [Math.min(0, ...ends), Math.max(0, ...ends)];
}
