import * as Plot from '@observablehq/plot';
import {type FigureArgs, shortName} from '../figure.js';
import {typesetNumber} from '../markup.js';
import {fonts} from '../palette.js';
import type {CheckpointAxis} from './checkpoint-axis.js';

/** A number of each checkpoint with its error; `null` where there is none. */
export interface Course {
  readonly names: readonly string[];
  readonly axis: CheckpointAxis;
  readonly values: readonly ({readonly value: number; readonly error: number | null} | null)[];
}

export interface CourseFigureArgs extends FigureArgs {
  readonly height: number;
  /** Whether the line is that of a layer. */
  readonly isLayer: boolean;
}

/** Numbers of one sign whose largest is this much larger than their smallest get a logarithmic axis. */
const WIDE = 100;

/** Draws a number over the checkpoints as a line with error bars. A cross is a checkpoint without one. */
export function courseFigure({names, axis: {places, unit}, values}: Course, args: CourseFigureArgs) {
  const {document, palette, width, height, isLayer} = args;
  const found = values.flatMap(each => (each !== null && Number.isFinite(each.value) ? [each.value] : []));
  const isLog = found.length > 1 && Math.min(...found) > 0 && Math.max(...found) > WIDE * Math.min(...found);
  const least = isLog ? Math.min(...found) / 2 : Number.NEGATIVE_INFINITY;
  const points = values.map((each, i) => {
    const value = each === null || !Number.isFinite(each.value) ? Number.NaN : each.value;
    const error = each?.error ?? 0;
    return {place: places[i]!, value, low: Math.max(least, value - error), high: value + error};
  });
  const known = points.filter(({value}) => !Number.isNaN(value));
  const color = isLayer ? palette.data : palette.ink;
  return Plot.plot({
    ...{document, width, height},
    ...{marginLeft: 76, marginRight: 40, marginTop: 12, marginBottom: 40},
    style: {fontFamily: fonts, fontSize: '13px', color: palette.quiet, background: 'none', overflow: 'visible'},
    x: {type: 'linear', domain: domainOf(places)},
    y: isLog ? {type: 'log'} : {type: 'linear', nice: true, zero: known.length === 0},
    marks: [
      Plot.gridY({stroke: palette.rule, strokeOpacity: 1, ticks: 4}),
      Plot.ruleX(known, {x: 'place', y1: 'low', y2: 'high', stroke: color, strokeWidth: 1.4}),
      Plot.lineY(points, {x: 'place', y: 'value', stroke: color, strokeWidth: 1.4}),
      Plot.dot(known, {x: 'place', y: 'value', r: 3.2, fill: color, stroke: palette.paper}),
      Plot.text(
        points.filter(({value}) => Number.isNaN(value)),
        {x: 'place', frameAnchor: 'bottom', dy: -2, text: () => '×', fill: palette.accent, fontSize: 16},
      ),
      Plot.axisY({ticks: 4, tickSize: 0, label: null, tickFormat: (value: number) => typesetNumber(value)}),
      unit === null
        ? Plot.axisX(evenly(places, Math.max(2, Math.floor(width / 160))), {
            tickFormat: (place: number) => shortName(names[places.indexOf(place)]!),
            tickSize: 4,
            label: null,
          })
        : Plot.axisX({
            ticks: Math.max(2, Math.floor(width / 110)),
            tickSize: 4,
            tickFormat: (place: number) => typesetNumber(place, 6),
            label: `${unit} →`,
            labelAnchor: 'right',
            labelArrow: 'none',
          }),
    ],
  });
}

/** From the first place to the last, with room where there is only one. */
function domainOf(places: readonly number[]): [number, number] {
  const [from, to] = [Math.min(...places), Math.max(...places)];
  return from === to ? [from - 0.5, to + 0.5] : [from, to];
}

/** At most this many of a list, evenly spaced, with the first and the last. */
export function evenly<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({length: most}, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))]!);
}
