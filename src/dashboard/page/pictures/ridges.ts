import type {DensityCurve} from '../../../metrics/density.js';
import {make} from './legend.js';

/** The height of the highest ridge, in rows. */
export const OVERLAP = 2.2;

/** A density in a panel. */
export interface Ridge {
  readonly row: number;
  readonly fx: number;
  readonly fy: number;
  readonly curve: DensityCurve;
  readonly top: number | null;
}

export interface RidgesOfRun {
  readonly ridges: readonly Ridge[];
  readonly color: string;
  readonly dash?: string | undefined;
}

/** From rows and places on the axis to pixels. */
interface Scales {
  /** The pixels of the grid's points in the panels of the first column. */
  readonly x: readonly number[];
  /** The pixel of a row in the panels of the first line. */
  readonly y: (row: number) => number;
  /** How much a column or a line of panels is moved from the first one. */
  readonly right: (column: number) => number;
  readonly down: (line: number) => number;
}

/**
 * Densities as ridges, the later rows in front. They are drawn without Plot, whose marks take most of a drawing's time at thousands of points.
 *
 * @param main the run with areas and bands. Of the `others`, only lines are drawn.
 */
export function drawRidges(
  main: RidgesOfRun,
  others: readonly RidgesOfRun[],
  {x, y, right, down}: Scales,
  {paper, rows}: {readonly paper: string; readonly rows: number},
): SVGElement {
  const height = (count: number) => Math.log10(1 + count);
  const highest = main.ridges.reduce(
    (most, {curve}) => curve.density.reduce((m, count) => Math.max(m, height(count)), most),
    Number.MIN_VALUE,
  );
  const rise = y(0) - y(-OVERLAP);
  /** The points of a line, relative to the row in the first panel. */
  const points = (counts: readonly number[]) =>
    counts.map((count, i) => `${x[i]!.toFixed(1)},${(-rise * Math.min(1.12, height(count) / highest)).toFixed(1)}`);
  const across = `${x.at(-1)!.toFixed(1)},0L${x[0]!.toFixed(1)},0Z`;
  const strength = (row: number) => (rows === 1 ? 1 : 0.35 + (0.65 * row) / (rows - 1));
  const group = make('g', {'aria-label': 'ridges', fill: 'none', 'stroke-linejoin': 'round'});
  const place = ({row, fx, fy}: Ridge, paths: readonly Readonly<Record<string, string | number>>[]) => {
    const moved = make('g', {transform: `translate(${right(fx).toFixed(1)},${(y(row) + down(fy)).toFixed(1)})`});
    moved.append(...paths.map(attributes => make('path', attributes)));
    group.append(moved);
  };
  for (let row = 0; row < rows; row++) {
    const shown = main.ridges
      .filter(ridge => ridge.row === row)
      .map(ridge => ({ridge, crest: points(ridge.curve.density)}));
    for (const {ridge, crest} of shown) {
      const {lower, upper} = ridge.curve;
      const area = `M${crest.join('L')}L${across}`;
      // With one probe there is no band.
      const hasBand = upper.every(Number.isFinite);
      const band = hasBand ? `M${points(upper).join('L')}L${points(lower).reverse().join('L')}Z` : '';
      place(ridge, [
        // Rows in front hide those behind.
        {d: area, fill: paper, 'fill-opacity': 0.8},
        {d: area, fill: main.color, 'fill-opacity': 0.22 * strength(row)},
        ...(hasBand ? [{d: band, fill: main.color, 'fill-opacity': 0.2 * strength(row)}] : []),
      ]);
    }
    for (const {ridges, color, dash} of others) {
      for (const ridge of ridges.filter(each => each.row === row)) {
        const line = {d: `M${points(ridge.curve.density).join('L')}`, stroke: color, 'stroke-opacity': strength(row)};
        place(ridge, [{...line, ...(dash !== undefined && {'stroke-dasharray': dash})}]);
      }
    }
    for (const {ridge, crest} of shown) {
      place(ridge, [
        {d: `M${crest.join('L')}`, stroke: main.color, 'stroke-width': 1.2, 'stroke-opacity': strength(row)},
      ]);
    }
  }
  return group;
}
