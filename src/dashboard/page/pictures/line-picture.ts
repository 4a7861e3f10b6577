import * as Plot from '@observablehq/plot';
import {fonts} from '../../../report/palette.js';
import type {PageState, RunData} from '../state.js';
import {paletteOf} from './colors.js';
import {failureMarks, failuresNear} from './failure-marks.js';
import type {LegendEntry} from './legend.js';
import {drawLegend, legendOf} from './legend.js';
import type {ValueMark} from './line-marks.js';
import {lineMarks, valueMarks} from './line-marks.js';
import type {Point, Series} from './lines.js';
import {dashOf, pointsOf, widthOf} from './lines.js';
import {estimate, interval, number} from './numbers.js';
import type {Drawn, Reading} from './picture.js';
import {HEIGHT, MARGINS} from './picture.js';
import {nearest, timeAxis, timeDomain, timeline} from './time-axis.js';
import {axisTitle, linearAxis, logAxis} from './value-axis.js';

export interface LineArgs {
  /** The title of the vertical axis. */
  readonly title: string;
  /** The scale of the vertical axis, if the user has not chosen one. */
  readonly scale: 'linear' | 'log';
  readonly mark?: ValueMark;
}

/** Draws lines over time, each with its error band. */
export function drawLines(
  series: readonly Series[],
  {title, scale, mark}: LineArgs,
  state: PageState,
  width: number,
): Drawn | null {
  const palette = paletteOf(state);
  const points = series.map(each => pointsOf(each, state));
  const values = points.flat().flatMap(({value, measured}) => (state.smoothing > 0 ? [value, measured] : [value]));
  if (values.length === 0) return null;
  const chosen = state.scale === 'auto' ? scale : state.scale;
  const axis = (chosen === 'log' ? logAxis : linearAxis)(mark ? [...values, mark.value] : values);
  const domain = timeDomain(state);
  const runs = [...new Set(series.map(({data}) => data))];
  const legend = legendOf(legendEntries(series, runs, state), width - MARGINS.marginLeft - MARGINS.marginRight);
  const places = axis.ticks.map(({place}) => place);
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
      Plot.ruleY(places, {stroke: palette.rule}),
      ...(mark ? valueMarks(mark, axis, palette) : []),
      ...lineMarks({series, points, runs, axis}, state),
      Plot.axisY(places, {
        ...{tickFormat: (_: number, i: number) => axis.ticks[i]!.label, tickSize: 0, tickPadding: 8, label: null},
      }),
      axisTitle(title, chosen),
      timeAxis(state, width, 110),
      ...failureMarks(state, domain, palette.accent),
    ],
  }) as SVGSVGElement & Plot.Plot;
  drawLegend(svg, legend.placed, MARGINS.marginLeft, HEIGHT + 4, palette.quiet);
  const x = svg.scale('x')!;
  const ofMain = timeline(state, state.main);
  const toPixel = (step: number) => x.apply(ofMain.of(step)) as number;
  const toStep = (pixel: number) => ofMain.back(x.invert!(pixel) as number);
  const steps = series.find(({data}) => data === state.main)?.steps ?? series[0]!.steps;
  const readingsAt = readingsOf(series, points, state);
  return {
    svg,
    below: MARGINS.marginBottom + legend.height,
    time: {toPixel, toStep},
    cells: {steps, rows: 1, at: k => [toPixel(steps[k]!), HEIGHT / 2]},
    read(pixel) {
      const moments = state.main?.view.moments;
      if (!moments) return null;
      const step = steps[nearest(steps, toStep(pixel))]!;
      const k = nearest(moments.step, step);
      const epoch = moments.epoch[k] === undefined ? '' : ` · epoch ${moments.epoch[k]! + 1}`;
      return {title: `step ${step}${epoch}${failuresNear(state, step, steps)}`, lines: readingsAt(ofMain.of(step))};
    },
  };
}

/** The layers by color and shape, then the runs by stroke. */
function legendEntries(series: readonly Series[], runs: readonly RunData[], state: PageState): LegendEntry[] {
  const byName = new Map(series.map(each => [each.name, each]));
  const layers = [...byName.values()].map(each => {
    const {name, color, symbol} = each;
    return {name, color, symbol, width: widthOf(each)};
  });
  const {ink} = paletteOf(state);
  const strokes = runs.map(run => ({name: run.view.label, color: ink, symbol: null, dash: dashOf(state, run)}));
  return [...layers, ...(runs.length > 1 ? strokes : [])];
}

/** @returns for a place on the time axis, the value of each line that is nearest to it. */
function readingsOf(
  series: readonly Series[],
  points: readonly (readonly Point[])[],
  {smoothing}: PageState,
): (x: number) => Reading[] {
  const places = points.map(line => line.map(each => each.x));
  const isOneRun = series.every(({data}) => data === series[0]!.data);
  return x =>
    series.flatMap(({name, color, data}, i): Reading[] => {
      const point = points[i]![nearest(places[i]!, x)];
      if (point === undefined) return [];
      const full = isOneRun ? name : `${name} · ${data.view.label}`;
      return [{color, name: full, value: shownValue(point, smoothing > 0)}];
    });
}

function shownValue({value, measured, low, high}: Point, isSmooth: boolean): string {
  if (isSmooth) return `${number(measured)}, smoothed ${number(value)}`;
  const [below, above] = [value - low, high - value];
  if (!(below > 0) && !(above > 0)) return number(value);
  const isEven = Math.abs(below - above) < 0.02 * (below + above);
  return isEven ? estimate(value, above) : `${number(value)}${interval(low, high)}`;
}
