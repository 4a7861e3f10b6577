import * as Plot from '@observablehq/plot';
import type {Palette} from '../../../report/palette.js';
import type {PageState, RunData} from '../state.js';
import {paletteOf} from './colors.js';
import type {Point, Series} from './lines.js';
import {dashOf, widthOf} from './lines.js';
import {timeDomain} from './time-axis.js';
import type {ValueAxis} from './value-axis.js';

/** What the marks of lines are drawn from. */
export interface Lines {
  readonly series: readonly Series[];
  /** The points of each line. */
  readonly points: readonly (readonly Point[])[];
  /** The runs that the lines belong to. */
  readonly runs: readonly RunData[];
  readonly axis: ValueAxis;
}

/** A value with a rule and a label. */
export interface ValueMark {
  readonly value: number;
  readonly label: string;
}

/** With more lines than this, bands are not drawn, since they would hide the lines. */
const MOST_BANDS = 24;
/** The number of marks on a line. */
const MOST_MARKS = 12;

/** The marks of lines, from the back to the front: bands, values before smoothing, lines, and dots. */
export function lineMarks({series, points, runs, axis}: Lines, state: PageState): Plot.Markish[] {
  const [bottom, top] = axis.domain;
  // A band may extend beyond the picture.
  const y = (value: number) => Math.max(bottom, Math.min(top, axis.place(value)));
  const marked = (all: readonly number[], some: (points: readonly Point[]) => readonly Point[] = each => each) =>
    all.flatMap(i =>
      some(points[i]!).map(({x, value, measured, low, high}) => ({
        series: i,
        x,
        value: y(value),
        measured: y(measured),
        low: y(low),
        high: y(high),
        color: series[i]!.color,
        symbol: series[i]!.symbol ?? 'circle',
        width: widthOf(series[i]!),
      })),
    );
  const ordered = series.map((_, i) => i).sort((a, b) => Number(series[a]!.isStrong) - Number(series[b]!.isStrong));
  const ofRun = (run: RunData | null) => ordered.filter(i => series[i]!.data === run);
  const isFew = ordered.length <= MOST_BANDS;
  const isSmooth = state.smoothing > 0;
  const lined = {x: 'x', z: 'series', clip: true} as const;
  const [from, to] = timeDomain(state);
  const bands = () =>
    Plot.areaY(marked(ofRun(state.main)), {...lined, y1: 'low', y2: 'high', fill: 'color', fillOpacity: 0.14});
  const measured = () =>
    Plot.lineY(marked(ordered), {
      ...{...lined, y: 'measured', stroke: 'color', strokeWidth: 1, strokeOpacity: 0.3, className: 'measured'},
    });
  // One mark for all lines of a run, since each mark is slow.
  const linesOf = (run: RunData) => {
    const dash = dashOf(state, run);
    return Plot.lineY(marked(ofRun(run)), {
      ...{...lined, y: 'value', stroke: 'color', strokeWidth: 'width'},
      ...(dash !== undefined && {strokeDasharray: dash}),
    });
  };
  // Whole, also at the ends of the axis.
  const dots = () =>
    Plot.dot(
      marked(ordered, evenly).filter(({x}) => x >= from && x <= to),
      {
        ...{...lined, clip: false, y: 'value', symbol: 'symbol', r: 3, fill: 'color'},
        ...{stroke: paletteOf(state).paper, strokeWidth: 0.7},
      },
    );
  return [
    ...(isFew && !isSmooth ? [bands()] : []),
    ...(isSmooth ? [measured()] : []),
    ...runs.toReversed().map(linesOf),
    ...(isFew ? [dots()] : []),
  ];
}

/** The rule and the label of a value. */
export function valueMarks({value, label}: ValueMark, axis: ValueAxis, {accent, paper}: Palette): Plot.Markish[] {
  const y = axis.place(value);
  return [
    Plot.ruleY([y], {stroke: accent, strokeDasharray: '5 4'}),
    Plot.text([label], {
      ...{frameAnchor: 'right', y, dy: -5, lineAnchor: 'bottom', textAnchor: 'end'},
      // Readable over a line, too.
      ...{fill: accent, stroke: paper, strokeWidth: 4},
    }),
  ];
}

/** Some points of a line, evenly spread, with the last one. */
function evenly<T>(points: readonly T[]): T[] {
  const every = Math.max(1, Math.ceil(points.length / MOST_MARKS));
  return points.filter((_, k) => (points.length - 1 - k) % every === 0);
}
