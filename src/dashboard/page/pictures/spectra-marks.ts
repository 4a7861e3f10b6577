import * as Plot from '@observablehq/plot';
import type {Palette} from '../../../report/palette.js';
import {shortened} from './legend.js';
import type {Ridge} from './ridges.js';
import type {Panel, Panels} from './spectra-panels.js';
import {tickLabel} from './value-axis.js';

/** What is drawn around the ridges. */
export interface SpectraFrame {
  readonly panels: Panels;
  /** The ticks of the axis, by their places on it. */
  readonly ticks: readonly {readonly place: number; readonly value: number}[];
  readonly ridges: readonly Ridge[];
  /** The steps of the rows. */
  readonly steps: readonly number[];
  /** The place of an eigenvalue on the axis. */
  readonly placeOf: (value: number) => number;
  /** The pixels of a panel, and of the space to the left of all. */
  readonly panelWidth: number;
  readonly left: number;
}

const SMALL = 11;

/** The rules, the largest eigenvalues as dots, and the words of the panels. */
export function spectraMarks(
  {panels, ticks, ridges, steps, placeOf, panelWidth, left}: SpectraFrame,
  palette: Palette,
): Plot.Markish[] {
  const {columns, lines, blocks} = panels;
  const facets = {x: 'place', fx: 'fx', fy: 'fy'} as const;
  const corner = {fx: 'fx', fy: 'fy', text: 'words', fontSize: SMALL} as const;
  const inEach = <T extends object>(of: (panel: Panel) => readonly T[]) =>
    blocks.flatMap(panel => of(panel).map(each => ({fx: panel.fx, fy: panel.fy, ...each})));
  const tops = ridges.flatMap(({row, fx, fy, top}) => (top === null ? [] : [{row, fx, fy, place: placeOf(top)}]));
  const named = rowsToName(steps.length);
  return [
    Plot.ruleX(
      inEach(() => ticks),
      {...facets, stroke: palette.rule},
    ),
    Plot.dot(tops, {...facets, y: 'row', r: 2.2, fill: palette.accent, stroke: palette.paper, strokeWidth: 0.6}),
    Plot.text(blocks, {
      ...{fx: 'fx', fy: 'fy', frameAnchor: 'top-left', dy: -18},
      text: ({title}: Panel) => shortened(title, Math.floor(panelWidth / 8)),
      ...{fill: palette.ink, fontWeight: 600, fontSize: 12.5},
    }),
    Plot.text(
      inEach(() => ticks.map(({place, value}) => ({place, label: tickLabel(value)}))),
      {...facets, frameAnchor: 'bottom', dy: 14, text: 'label', fill: palette.quiet, fontSize: SMALL},
    ),
    Plot.text(
      inEach(({fx}) => (fx > 0 ? [] : named.map(row => ({row, step: steps[row]!.toLocaleString('en')})))),
      {fx: 'fx', fy: 'fy', y: 'row', frameAnchor: 'left', dx: -8, textAnchor: 'end', text: 'step', fontSize: SMALL},
    ),
    Plot.text([{fx: 0, fy: 0, words: 'step'}], {...corner, frameAnchor: 'top-left', dx: 4 - left, dy: -4}),
    Plot.text([{fx: columns - 1, fy: lines - 1, words: 'eigenvalue →'}], {
      ...{...corner, frameAnchor: 'bottom-right', dy: 30},
    }),
  ];
}

/** The rows with a label: the first, the last, and some between. */
function rowsToName(count: number): number[] {
  const every = Math.max(1, Math.ceil((count - 1) / 5));
  return Array.from({length: count}, (_, row) => row).filter(row => (count - 1 - row) % every === 0);
}
