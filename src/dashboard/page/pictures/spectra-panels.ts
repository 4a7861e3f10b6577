import type {EigenvalueAxis} from '../../../report/eigenvalue-axis.js';
import {eigenvalueBand} from '../../../report/eigenvalue-axis.js';
import type {RunData} from '../state.js';
import {seriesLabel} from './picture.js';
import type {Ridge} from './ridges.js';
import {nearest} from './time-axis.js';

/** The smallest width of a panel. */
const PANEL = 190;

/** The largest number of panels. Further layers appear in the table and in the map of all layers. */
export const MOST_PANELS = 12;

/** A panel for each block, in lines of equal length but for the last. */
export interface Panels {
  readonly columns: number;
  readonly lines: number;
  readonly blocks: readonly Panel[];
}

export interface Panel {
  /** The column and the line. */
  readonly fx: number;
  readonly fy: number;
  readonly layer: string | null;
  readonly title: string;
}

/** The panels of a run's blocks that fit into `width` pixels. */
export function panelsOf({view}: RunData, width: number): Panels {
  const blocks = view.blocks.slice(0, MOST_PANELS).map(({place}) => view.all[place]!);
  const lines = Math.ceil(blocks.length / Math.max(1, Math.floor(width / PANEL)));
  // The same number of panels in each line.
  const columns = Math.ceil(blocks.length / lines);
  return {
    columns,
    lines,
    blocks: blocks.map(({layer}, i) => ({
      ...{fx: i % columns, fy: Math.floor(i / columns)},
      ...{layer, title: seriesLabel(layer)},
    })),
  };
}

/** A run's spectra as ridges in the panels of their blocks, in the row that `rowOf` gives to a step. */
export function ridgesIn(
  panels: Panels,
  {spectra, view}: RunData,
  axis: EigenvalueAxis,
  rowOf: (step: number) => number | null,
): Ridge[] {
  return spectra.flatMap(({step, blocks}) => {
    const row = rowOf(step);
    if (row === null) return [];
    return blocks.flatMap(block => {
      const {layer} = view.all[block.place]!;
      const panel = panels.blocks.find(each => each.layer === layer);
      if (panel === undefined) return [];
      return [{row, fx: panel.fx, fy: panel.fy, curve: eigenvalueBand(block, axis), top: block.top}];
    });
  });
}

/** For each step of a run, the row of the other run's step nearest to it, if it is the nearest for that row too. */
export function matching(rows: readonly number[], steps: readonly number[]): (step: number) => number | null {
  return step => {
    const row = nearest(rows, step);
    return steps[nearest(steps, rows[row]!)] === step ? row : null;
  };
}
