import * as Plot from '@observablehq/plot';
import type {ReportBlock} from './blocks.js';
import type {FigureArgs} from './figure.js';
import {figureStyle, shortName} from './figure.js';

/** A number of each block with its error. */
export interface Quantity {
  readonly label: string;
  /** `null` if the block does not have it. */
  of(block: ReportBlock): {readonly value: number; readonly error: number | null} | null;
}

export const quantities: readonly Quantity[] = [
  {label: 'trace', of: ({spectrum: {trace}}) => ({value: trace.value, error: trace.standardError})},
  {
    label: 'largest eigenvalue',
    of: ({spectrum: {largest}}) => (largest[0] ? {value: largest[0].value, error: largest[0].residual} : null),
  },
  {
    label: 'distance from the network’s spectrum (0 = the same)',
    of: ({layer}) => (layer ? {value: layer.similarity.wasserstein, error: null} : null),
  },
];

const ROW = 24;

/** Draws a number of each block as a dot with an error bar, one row per block. */
export function intervalFigure(blocks: readonly ReportBlock[], {label, of}: Quantity, args: FigureArgs) {
  const {palette} = args;
  const points = blocks.flatMap((block, row) => {
    const found = of(block);
    if (found === null) return [];
    const error = found.error ?? 0;
    return [
      {row, value: found.value, low: found.value - error, high: found.value + error, isNetwork: block.layer === null},
    ];
  });
  const rows = [...new Set(points.map(({row}) => row))];
  const fill = ({isNetwork}: {isNetwork: boolean}) => (isNetwork ? palette.ink : palette.data);
  return Plot.plot({
    ...figureStyle(blocks, args),
    height: ROW * rows.length + 48,
    marginTop: 8,
    marginBottom: 40,
    x: {nice: true, zero: true},
    y: {domain: [(rows[0] ?? 0) - 0.6, (rows.at(-1) ?? 0) + 0.6], reverse: true, axis: null},
    marks: [
      Plot.ruleY(rows, {stroke: palette.rule}),
      Plot.ruleX([0], {stroke: palette.rule}),
      Plot.ruleY(points, {y: 'row', x1: 'low', x2: 'high', stroke: fill, strokeWidth: 1.6}),
      Plot.dot(points, {x: 'value', y: 'row', r: 3.4, fill, stroke: palette.paper}),
      Plot.axisY(rows, {
        tickFormat: (row: number) => shortName(blocks[row]!.label),
        tickSize: 0,
        tickPadding: 8,
        label: null,
      }),
      Plot.axisX({tickSize: 4, ticks: 6, label: `${label} →`, labelAnchor: 'right', labelArrow: 'none'}),
    ],
  });
}
