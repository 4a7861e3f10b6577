import * as Plot from '@observablehq/plot';
import type {MeanInterval} from '../analysis/statistics.js';
import type {Panel} from './panels.js';
import {colors, WIDTH} from './panels.js';

/** A mean with its interval, in a named row of a panel. */
export interface IntervalPoint extends MeanInterval {
  readonly row: string;
  readonly color: string;
}

export interface IntervalPanelsArgs {
  /** From the left to the right. */
  readonly columns: readonly {readonly title: string; readonly points: readonly IntervalPoint[]}[];
  /** The names of the rows, from the top down. */
  readonly rows: readonly string[];
  /** The value of no difference, at which a dashed line is drawn. */
  readonly neutral: number;
  readonly x: Plot.ScaleOptions;
  /** Pixels; default 34. */
  readonly rowHeight?: number;
}

/** The width of the names, which only the first panel has. */
const NAMES = 128;

/** Panels side by side with a point and its interval in each row. */
export function intervalPanels({columns, rows, neutral, x, rowHeight = 34}: IntervalPanelsArgs): Panel[] {
  const width = Math.floor((WIDTH - 48 - NAMES) / columns.length);
  return columns.map(({title, points}, i) => ({
    title,
    width: i === 0 ? width + NAMES : width,
    height: rowHeight * rows.length + 54,
    options: {
      marginLeft: i === 0 ? NAMES + 8 : 8,
      x: {label: null, grid: true, ...x},
      y: {type: 'point', domain: rows, label: null, ...(i === 0 ? {tickSize: 0} : {axis: null})},
      marks: [
        Plot.ruleX([neutral], {stroke: colors.ink, strokeDasharray: '3 3'}),
        Plot.ruleY(points.filter(isBounded), {
          y: 'row',
          x1: 'lower',
          x2: 'upper',
          stroke: 'color',
          strokeWidth: 1.8,
          clip: true,
        }),
        Plot.dot(points, {x: 'mean', y: 'row', fill: 'color', r: 3.6, clip: true}),
      ],
    },
  }));
}

/** One seed alone has no interval. */
export function isBounded({lower, upper}: MeanInterval): boolean {
  return Number.isFinite(lower) && Number.isFinite(upper) && lower !== upper;
}
