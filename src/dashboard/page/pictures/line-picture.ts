import * as Plot from '@observablehq/plot';
import {fonts} from '../../../report/palette.js';
import type {Band} from '../../answers.js';
import type {PageState, RunData} from '../state.js';
import {paletteOf} from './colors.js';
import {failureMarks, failuresNear} from './failure-marks.js';
import type {LegendEntry} from './legend.js';
import {drawLegend, legendOf} from './legend.js';
import {estimate, interval, number} from './numbers.js';
import type {Drawn, Reading} from './picture.js';
import {HEIGHT, MARGINS} from './picture.js';
import {smoothed} from './smoothing.js';
import {nearest, timeAxis, timeDomain, timeline} from './time-axis.js';
import type {ValueAxis} from './value-axis.js';
import {axisTitle, linearAxis, logAxis} from './value-axis.js';

/** A line over time. */
export interface Series {
  /** What it shows: a layer, say. */
  readonly name: string;
  readonly color: string;
  /** The shape of its marks, so that it can be told without its color. */
  readonly symbol: Plot.SymbolType | null;
  readonly steps: readonly number[];
  readonly band: Band;
  readonly data: RunData;
  readonly isStrong: boolean;
}

export interface LineArgs {
  /** The title of the vertical axis. */
  readonly title: string;
  /** The scale of the vertical axis, if the user has not chosen one. */
  readonly scale: 'linear' | 'log';
  /** A value with a rule and a label. */
  readonly mark?: {readonly value: number; readonly label: string};
}

interface Point {
  readonly step: number;
  readonly x: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Before it was smoothed. */
  readonly measured: number;
}

/** With more lines than this, bands are not drawn, since they would hide the lines. */
const MOST_BANDS = 24;
/** The number of marks on a line. */
const MOST_MARKS = 12;
/** The strokes of the shown run and of the runs for comparison. */
const DASHES = [undefined, '6 4', '2 3', '9 3 2 3', '1 5', '12 4'] as const;

/** The stroke of a run: the shown one has solid lines. */
export function dashOf({main, others}: PageState, data: RunData): string | undefined {
  return data === main ? undefined : DASHES[1 + (others.indexOf(data) % (DASHES.length - 1))];
}

/** Draws lines over time, each with its error band. */
export function drawLines(
  series: readonly Series[],
  {title, scale, mark}: LineArgs,
  state: PageState,
  width: number,
): Drawn | null {
  const palette = paletteOf(state);
  const points = series.map(({steps, band, data}) => {
    const {of} = timeline(state, data);
    const values = smoothed(band.value, state.smoothing);
    return steps.flatMap((step, k): Point[] => {
      const value = values[k] ?? null;
      const measured = band.value[k] ?? null;
      if (value === null || measured === null) return [];
      return [{step, x: of(step), value, measured, low: band.low[k] ?? value, high: band.high[k] ?? value}];
    });
  });
  const values = points.flat().flatMap(({value, measured}) => (state.smoothing > 0 ? [value, measured] : [value]));
  if (values.length === 0) return null;
  const chosen = state.scale === 'auto' ? scale : state.scale;
  const axisFor: (values: readonly number[]) => ValueAxis = chosen === 'log' ? logAxis : linearAxis;
  const axis = axisFor(mark ? [...values, mark.value] : values);
  const [bottom, top] = axis.domain;
  // A band may extend beyond the picture.
  const y = (value: number) => Math.max(bottom, Math.min(top, axis.place(value)));
  const domain = timeDomain(state);
  const ordered = series.map((_, i) => i).sort((a, b) => Number(series[a]!.isStrong) - Number(series[b]!.isStrong));
  const marked = (all: readonly number[], dataOf: (points: readonly Point[]) => readonly Point[] = each => each) =>
    all.flatMap(i =>
      dataOf(points[i]!).map(({x, value, measured, low, high}) => ({
        series: i,
        x,
        value: y(value),
        measured: y(measured),
        low: y(low),
        high: y(high),
        color: series[i]!.color,
        symbol: series[i]!.symbol ?? 'circle',
        width: series[i]!.isStrong ? 2.4 : 1.6,
      })),
    );
  const runs = [...new Set(series.map(({data}) => data))];
  const legend = legendOf(legendEntries(series, runs, state), width - MARGINS.marginLeft - MARGINS.marginRight);
  const lined = {x: 'x', z: 'series', clip: true} as const;
  const isSmooth = state.smoothing > 0;
  const svg = Plot.plot({
    document,
    width,
    height: HEIGHT + legend.height,
    ...MARGINS,
    marginBottom: MARGINS.marginBottom + legend.height,
    style: {fontFamily: fonts, fontSize: '12px', color: palette.quiet, background: 'none', overflow: 'visible'},
    x: {type: 'linear', domain},
    y: {type: 'linear', domain: [...axis.domain]},
    color: {type: 'identity'},
    marks: [
      Plot.ruleY(
        axis.ticks.map(({place}) => place),
        {stroke: palette.rule},
      ),
      ...(mark
        ? [
            Plot.ruleY([axis.place(mark.value)], {stroke: palette.accent, strokeDasharray: '5 4'}),
            Plot.text([mark.label], {
              frameAnchor: 'right',
              y: axis.place(mark.value),
              dy: -5,
              lineAnchor: 'bottom',
              // Readable over a line, too.
              ...{fill: palette.accent, stroke: palette.paper, strokeWidth: 4, textAnchor: 'end'},
            }),
          ]
        : []),
      ...(ordered.length <= MOST_BANDS && !isSmooth
        ? [
            Plot.areaY(marked(ordered.filter(i => series[i]!.data === state.main)), {
              ...{...lined, y1: 'low', y2: 'high', fill: 'color', fillOpacity: 0.14},
            }),
          ]
        : []),
      ...(isSmooth
        ? [
            Plot.lineY(marked(ordered), {
              ...{...lined, y: 'measured', stroke: 'color', strokeWidth: 1, strokeOpacity: 0.3, className: 'measured'},
            }),
          ]
        : []),
      // One mark for all lines of a run, since each mark is slow.
      ...runs.toReversed().map(run => {
        const dash = dashOf(state, run);
        return Plot.lineY(marked(ordered.filter(i => series[i]!.data === run)), {
          ...{...lined, y: 'value', stroke: 'color', strokeWidth: 'width'},
          ...(dash !== undefined && {strokeDasharray: dash}),
        });
      }),
      ...(ordered.length <= MOST_BANDS
        ? [
            // Whole, also at the ends of the axis.
            Plot.dot(
              marked(ordered, evenly).filter(({x}) => x >= domain[0] && x <= domain[1]),
              {
                ...{...lined, clip: false, y: 'value', symbol: 'symbol', r: 3, fill: 'color'},
                ...{stroke: palette.paper, strokeWidth: 0.7},
              },
            ),
          ]
        : []),
      Plot.axisY(
        axis.ticks.map(({place}) => place),
        {
          tickFormat: (_: number, i: number) => axis.ticks[i]!.label,
          tickSize: 0,
          tickPadding: 8,
          label: null,
        },
      ),
      axisTitle(title, chosen),
      timeAxis(state, width, 110),
      ...failureMarks(state, domain, palette.accent),
    ],
  }) as SVGSVGElement & Plot.Plot;
  drawLegend(svg, legend.placed, MARGINS.marginLeft, HEIGHT + 4, palette.quiet);
  const x = svg.scale('x')!;
  const ofMain = timeline(state, state.main);
  const toPixel = (step: number) => x.apply(ofMain.of(step)) as number;
  const placesOf = points.map(line => line.map(each => each.x));
  const steps = series.find(({data}) => data === state.main)?.steps ?? series[0]!.steps;
  return {
    svg,
    below: MARGINS.marginBottom + legend.height,
    time: {toPixel, toStep: pixel => ofMain.back(x.invert!(pixel) as number)},
    cells: {steps, rows: 1, at: k => [toPixel(steps[k]!), HEIGHT / 2]},
    read(pixel) {
      const moments = state.main?.view.moments;
      if (!moments) return null;
      const step = steps[nearest(steps, ofMain.back(x.invert!(pixel) as number))]!;
      const k = nearest(moments.step, step);
      const lines = series
        .map((each, i) => ({each, point: points[i]![nearest(placesOf[i]!, ofMain.of(step))]}))
        .filter(({point}) => point !== undefined)
        .map(({each, point}): Reading => {
          const name = runs.length > 1 ? `${each.name} · ${each.data.view.label}` : each.name;
          return {color: each.color, name, value: reading(point!, isSmooth)};
        });
      const epoch = moments.epoch[k] === undefined ? '' : ` · epoch ${moments.epoch[k]! + 1}`;
      return {title: `step ${step}${epoch}${failuresNear(state, step, steps)}`, lines};
    },
  };
}

/** The layers by color and shape, then the runs by stroke. */
function legendEntries(series: readonly Series[], runs: readonly RunData[], state: PageState): LegendEntry[] {
  const byName = new Map(series.map(each => [each.name, each]));
  const layers = [...byName.values()].map(({name, color, symbol, isStrong}) => ({
    ...{name, color, symbol, width: isStrong ? 2.4 : 1.6},
  }));
  const {ink} = paletteOf(state);
  const strokes = runs.map(run => ({name: run.view.label, color: ink, symbol: null, dash: dashOf(state, run)}));
  return [...layers, ...(runs.length > 1 ? strokes : [])];
}

/** Some points of a line, evenly spread, with the last one. */
function evenly<T>(points: readonly T[]): T[] {
  const every = Math.max(1, Math.ceil(points.length / MOST_MARKS));
  return points.filter((_, k) => (points.length - 1 - k) % every === 0);
}

function reading({value, measured, low, high}: Point, isSmooth: boolean): string {
  if (isSmooth) return `${number(measured)}, smoothed ${number(value)}`;
  const [below, above] = [value - low, high - value];
  if (!(below > 0) && !(above > 0)) return number(value);
  const isEven = Math.abs(below - above) < 0.02 * (below + above);
  return isEven ? estimate(value, above) : `${number(value)}${interval(low, high)}`;
}
