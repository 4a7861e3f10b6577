import * as Plot from '@observablehq/plot';
import type {ReportBlock} from './blocks.js';
import {eigenvalueAxis, eigenvaluesPerDecade} from './eigenvalue-axis.js';
import type {FigureArgs} from './figure.js';
import {figureStyle, shortName} from './figure.js';

/** The height of the highest ridge, in rows. */
const OVERLAP = 1.6;
const ROW = 40;

/**
 * Draws the spectral density of each block in a row of its own: log₁₀(1 + eigenvalues per decade), with the largest
 * eigenvalue as a dot.
 */
export function densityFigure(blocks: readonly ReportBlock[], args: FigureArgs) {
  const {palette} = args;
  const axis = eigenvalueAxis(blocks.map(({spectrum}) => spectrum));
  const heights = blocks.map(({spectrum}) => eigenvaluesPerDecade(spectrum, axis).map(n => Math.log10(1 + n)));
  const scale = OVERLAP / Math.max(...heights.flat(), Number.MIN_VALUE);
  const rows = blocks.map((_, row) => row);
  const places = axis.ticks.map(({place}) => place);
  const hill = (row: number) => {
    const points = axis.grid.map((place, i) => ({place, row, crest: row - scale * heights[row]![i]!}));
    const color = blocks[row]!.layer === null ? palette.ink : palette.data;
    const area = (fill: string, fillOpacity: number) =>
      Plot.areaY(points, {x: 'place', y1: 'row', y2: 'crest', fill, fillOpacity});
    return [
      // Rows in front hide those behind.
      area(palette.paper, 0.85),
      area(color, 0.2),
      Plot.lineY(points, {x: 'place', y: 'crest', stroke: color, strokeWidth: 1.4}),
    ];
  };
  const tops = blocks.flatMap(({spectrum: {largest}}, row) =>
    largest.map(({value}) => ({row, place: axis.place(value), value})),
  );
  return Plot.plot({
    ...figureStyle(blocks, args),
    height: ROW * (blocks.length + OVERLAP) + 36,
    marginTop: 4,
    marginBottom: 36,
    x: {domain: axis.domain, type: 'linear'},
    y: {domain: [blocks.length - 0.8, -OVERLAP], axis: null},
    marks: [
      Plot.ruleX(places, {stroke: palette.rule}),
      Plot.ruleY(rows, {stroke: palette.rule}),
      ...rows.flatMap(hill),
      Plot.dot(tops, {x: 'place', y: 'row', r: 3.4, fill: palette.accent, stroke: palette.paper}),
      Plot.axisY(rows, {
        tickFormat: (row: number) => shortName(blocks[row]!.label),
        tickSize: 0,
        tickPadding: 8,
        label: null,
      }),
      Plot.axisX(places, {
        tickFormat: (place: number) => axis.ticks.find(tick => tick.place === place)!.label,
        tickSize: 4,
        label: 'eigenvalue →',
        labelAnchor: 'right',
        labelArrow: 'none',
      }),
    ],
  });
}
