import * as Plot from '@observablehq/plot';
import type {EigenvalueAxis} from './eigenvalue-axis.js';
import {eigenvaluesPerDecade, toAxis} from './eigenvalue-axis.js';
import type {Head} from './heads.js';
import {headMarks} from './heads.js';
import type {Moment} from './moments.js';
import type {Columns} from './style.js';
import {colors, plotStyle} from './style.js';

/** The height of the highest ridge, in rows. */
const OVERLAP = 1.75;

/** Each block's spectra, one row per moment. Training goes downwards; both runs are in the same rows. */
export function ridges(
  moments: readonly Moment[],
  heads: readonly Head[],
  rowNames: readonly string[],
  axis: EigenvalueAxis,
  columns: Columns,
) {
  const heights = moments.map(({spectrum}) => eigenvaluesPerDecade(spectrum, axis.grid).map(ridgeHeight));
  const scale = OVERLAP / Math.max(...heights.flat());
  const points = moments.flatMap(({run, block, row}, i) =>
    axis.grid.map((place, j) => ({run, block, row, place, crest: row - scale * heights[i]![j]!})),
  );
  const tops = moments.map(moment => ({...moment, place: toAxis(moment.spectrum.largest[0]!.value)}));
  const rows = rowNames.map((_, row) => row);
  const places = axis.ticks.map(({place}) => place);

  const hill = (row: number, run: string) => {
    const data = points.filter(point => point.row === row && point.run === run);
    const area = (fill: string, fillOpacity: number) =>
      Plot.areaY(data, {fx: 'block', x: 'place', y1: 'row', y2: 'crest', fill, fillOpacity});
    const color = columns.color(run);
    return {
      paper: area(colors.paper, 0.85),
      tint: area(color, 0.18),
      crest: Plot.lineY(data, {fx: 'block', x: 'place', y: 'crest', stroke: color, strokeWidth: 1.4}),
    };
  };
  return Plot.plot({
    ...plotStyle(columns),
    height: 450,
    marginTop: 0,
    x: {domain: axis.domain, type: 'linear'},
    y: {domain: [rows.length - 0.85, -OVERLAP], axis: null},
    marks: [
      headMarks(heads, columns),
      Plot.ruleX(places, {stroke: colors.rule, y1: -0.6, y2: rows.length - 0.85}),
      Plot.ruleY(rows, {stroke: colors.rule}),
      // Rows in front hide rows behind; within a row both runs are visible.
      rows.map(row => {
        const hills = columns.runs.map(run => hill(row, run));
        return [hills.map(({paper}) => paper), hills.map(({tint}) => tint), hills.map(({crest}) => crest)];
      }),
      Plot.dot(tops, {
        fx: 'block',
        x: 'place',
        y: 'row',
        r: 3.2,
        fill: ({run}) => columns.color(run),
        stroke: colors.paper,
      }),
      Plot.axisY(rows, {tickFormat: row => rowNames[row]!, tickSize: 0, tickPadding: 8, label: null}),
      Plot.axisX(places, {
        tickFormat: (place: number) => axis.ticks.find(tick => tick.place === place)!.label,
        tickSize: 4,
        label: null,
      }),
    ].flat(4),
  });
}

/** A single outlier must be visible beside tens of thousands of eigenvalues near zero. */
function ridgeHeight(eigenvaluesPerDecade: number): number {
  return Math.log10(1 + eigenvaluesPerDecade);
}
