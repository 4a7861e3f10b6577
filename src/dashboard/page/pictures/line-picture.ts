import * as Plot from '@observablehq/plot';
import {fonts} from '../../../report/palette.js';
import type {Band} from '../../answers.js';
import type {PageState} from '../state.js';
import {paletteOf} from './colors.js';
import {failureMarks, failuresNear} from './failure-marks.js';
import {estimate, number} from './numbers.js';
import type {Drawn, Reading} from './picture.js';
import {HEIGHT, MARGINS} from './picture.js';
import {nearest, stepAxis, stepDomain} from './time-axis.js';
import type {ValueAxis} from './value-axis.js';

/** A line over time. */
export interface Series {
  readonly name: string;
  readonly color: string;
  readonly steps: readonly number[];
  readonly band: Band;
  /** Whether it belongs to the run for comparison. */
  readonly isOther: boolean;
  readonly isStrong: boolean;
}

export interface LineArgs {
  readonly axis: (values: readonly number[]) => ValueAxis;
  /** A value with a rule and a label. */
  readonly mark?: {readonly value: number; readonly label: string};
  readonly unit?: string;
}

interface Point {
  readonly step: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** With more lines than this, bands are not drawn, since they would hide the lines. */
const MOST_BANDS = 24;
const MOST_DOTS = 40;

/** Draws lines over time, each with its error band. */
export function drawLines(
  series: readonly Series[],
  {axis: axisFor, mark}: LineArgs,
  state: PageState,
  width: number,
): Drawn | null {
  const palette = paletteOf(state);
  const points = series.map(({steps, band}) =>
    steps.flatMap((step, k): Point[] => {
      const value = band.value[k] ?? null;
      if (value === null) return [];
      return [{step, value, low: band.low[k] ?? value, high: band.high[k] ?? value}];
    }),
  );
  const values = points.flat().map(({value}) => value);
  if (values.length === 0) return null;
  const axis = axisFor(mark ? [...values, mark.value] : values);
  const [bottom, top] = axis.domain;
  // A band may extend beyond the picture.
  const y = (value: number) => Math.max(bottom, Math.min(top, axis.place(value)));
  const domain = stepDomain(state);
  const few = points.every(line => line.length <= MOST_DOTS) && series.length <= MOST_BANDS;
  const ordered = series.map((_, i) => i).sort((a, b) => Number(series[a]!.isStrong) - Number(series[b]!.isStrong));
  // One mark for all lines, since each mark is slow.
  const marked = (isOther: boolean) =>
    ordered
      .filter(i => series[i]!.isOther === isOther)
      .flatMap(i =>
        points[i]!.map(({step, value, low, high}) => ({
          series: i,
          step,
          value: y(value),
          low: y(low),
          high: y(high),
          color: series[i]!.color,
          width: series[i]!.isStrong ? 2.4 : 1.6,
        })),
      );
  const [mine, theirs] = [marked(false), marked(true)];
  const lined = {x: 'step', z: 'series', clip: true} as const;
  const stroked = {y: 'value', stroke: 'color', strokeWidth: 'width'} as const;
  const svg = Plot.plot({
    document,
    width,
    height: HEIGHT,
    ...MARGINS,
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
              fill: palette.accent,
              textAnchor: 'end',
            }),
          ]
        : []),
      ...(ordered.length <= MOST_BANDS
        ? [Plot.areaY(mine, {...lined, y1: 'low', y2: 'high', fill: 'color', fillOpacity: 0.14})]
        : []),
      Plot.lineY(theirs, {...lined, ...stroked, strokeOpacity: 0.75, strokeDasharray: '5 4'}),
      Plot.lineY(mine, {...lined, ...stroked}),
      ...(few
        ? [Plot.dot(mine, {...lined, y: 'value', r: 2.4, fill: 'color', stroke: palette.paper, strokeWidth: 0.8})]
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
      stepAxis(width, 110),
      ...failureMarks(state, domain, palette.accent),
    ],
  }) as SVGSVGElement & Plot.Plot;
  const x = svg.scale('x')!;
  const stepsOf = points.map(line => line.map(({step}) => step));
  return {
    svg,
    time: {toPixel: step => x.apply(step) as number, toStep: pixel => x.invert!(pixel) as number},
    read(pixel) {
      const moments = state.main?.view.moments;
      if (!moments) return null;
      const steps = series.find(({isOther}) => !isOther)?.steps ?? moments.step;
      const step = steps[nearest(steps, x.invert!(pixel) as number)]!;
      const k = nearest(moments.step, step);
      const lines = series
        .map((each, i) => ({
          each,
          point: points[i]![nearest(stepsOf[i]!, step)],
        }))
        .filter(({point}) => point !== undefined)
        .map(({each, point}): Reading => ({color: each.color, name: each.name, value: reading(point!)}));
      return {title: `step ${step} · epoch ${moments.epoch[k]! + 1}${failuresNear(state, step, steps)}`, lines};
    },
  };
}

function reading({value, low, high}: Point): string {
  const [below, above] = [value - low, high - value];
  if (below <= 0 && above <= 0) return number(value);
  const isEven = Math.abs(below - above) < 0.02 * (below + above);
  return isEven ? estimate(value, above) : `${number(value)} (${number(low, 3)} to ${number(high, 3)})`;
}
