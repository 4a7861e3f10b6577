import * as Plot from '@observablehq/plot';
import {axisOver, eigenvalueBand} from '../../../report/eigenvalue-axis.js';
import {fonts} from '../../../report/palette.js';
import type {RunData} from '../state.js';
import {comparisonColor, paletteOf} from './colors.js';
import {drawLegend, legendOf, shortened} from './legend.js';
import {dashOf} from './lines.js';
import {interval, number} from './numbers.js';
import type {Picture} from './picture.js';
import {seriesLabel} from './picture.js';
import type {Ridge} from './ridges.js';
import {drawRidges, OVERLAP} from './ridges.js';
import {nearest} from './time-axis.js';
import {tickLabel} from './value-axis.js';

const GRID = 150;
const ROW = 19;
const PANEL_GAP = 52;
/** The smallest width of a panel. */
const PANEL = 190;
const LEFT = 44;
const TOP = 26;
const BOTTOM = 40;
/** The largest number of panels. Further layers appear in the table and in the map of all layers. */
export const MOST_PANELS = 12;

/** The spectral density of each block over the training: one panel per block, one ridge per moment, the newest in front. */
export const spectraPicture: Picture = {
  name: 'spectra',
  title: 'Spectra by layer',
  caption:
    'A row a step, the newest in front: log₁₀(1 + eigenvalues per decade). Shades are 95 % bands over the probes, dots the largest eigenvalue; the axis is linear near zero.',
  isWide: true,
  draw(state, main, width) {
    const palette = paletteOf(state);
    const {spectra: moments, view} = main;
    const places = view.blocks.map(({place}) => place).slice(0, MOST_PANELS);
    if (moments.length === 0 || places.length === 0) return null;
    const runs = [main, ...state.others];
    const axis = axisOver(...ends(runs), GRID);
    const lines = Math.ceil(places.length / Math.max(1, Math.floor((width - LEFT) / PANEL)));
    // The same number of panels in each line.
    const columns = Math.ceil(places.length / lines);
    const ridgesOf = (data: RunData, rowOf: (step: number) => number | null): Ridge[] =>
      data.spectra.flatMap(({step, blocks}) => {
        const row = rowOf(step);
        if (row === null) return [];
        return blocks.flatMap(block => {
          const {layer} = data.view.all[block.place]!;
          const panel = places.findIndex(place => view.all[place]!.layer === layer);
          if (panel < 0) return [];
          const curve = eigenvalueBand(block, axis);
          return [{row, fx: panel % columns, fy: Math.floor(panel / columns), curve, top: block.top}];
        });
      });
    const steps = moments.map(({step}) => step);
    const ridges = ridgesOf(main, step => steps.indexOf(step));
    const others = state.others.map((data, i) => ({
      color: comparisonColor(i, state),
      dash: dashOf(state, data),
      ridges: ridgesOf(
        data,
        matching(
          steps,
          data.spectra.map(({step}) => step),
        ),
      ),
    }));
    const legend = legendOf(
      state.others.length === 0
        ? []
        : [
            {name: view.label, color: palette.data, symbol: null},
            ...others.map(({color, dash}, i) => ({name: state.others[i]!.view.label, color, symbol: null, dash})),
          ],
      width - LEFT,
    );
    const last = moments.length - 1;
    const facets = {x: 'place', fx: 'fx', fy: 'fy'} as const;
    const tops = ridges
      .filter(({top}) => top !== null)
      .map(({row, fx, fy, top}) => ({row, fx, fy, place: axis.place(top!)}));
    const titles = places.map((place, panel) => ({
      fx: panel % columns,
      fy: Math.floor(panel / columns),
      title: seriesLabel(view.all[place]!.layer),
      detail: `${view.all[place]!.parameters.toLocaleString('en')} parameters`,
    }));
    const ticks = thinned(axis.ticks, (axis.domain[1] - axis.domain[0]) / ((width - LEFT) / columns / 34));
    const bottom = BOTTOM + legend.height;
    const panelHeight = ROW * (moments.length - 1 + OVERLAP) + 12;
    const named = rowsToName(moments.length);
    const svg = Plot.plot({
      document,
      width,
      height: TOP + lines * panelHeight + (lines - 1) * PANEL_GAP + bottom,
      marginLeft: LEFT,
      marginRight: 8,
      marginTop: TOP,
      marginBottom: bottom,
      style: {fontFamily: fonts, fontSize: '12px', color: palette.quiet, background: 'none', overflow: 'visible'},
      fx: {
        domain: Array.from({length: columns}, (_, i) => i),
        axis: null,
        paddingOuter: 0,
        paddingInner: columns > 1 ? 0.11 : 0,
      },
      fy: {
        domain: Array.from({length: lines}, (_, i) => i),
        axis: null,
        paddingInner: lines > 1 ? PANEL_GAP / (panelHeight + PANEL_GAP) : 0,
        paddingOuter: 0,
      },
      x: {type: 'linear', domain: [...axis.domain], axis: null},
      y: {type: 'linear', domain: [last + 0.35, -OVERLAP * 1.12], axis: null},
      marks: [
        Plot.ruleX(
          titles.flatMap(({fx, fy}) => ticks.map(({place}) => ({place, fx, fy}))),
          {...facets, stroke: palette.rule},
        ),
        Plot.dot(tops, {...facets, y: 'row', r: 2.2, fill: palette.accent, stroke: palette.paper, strokeWidth: 0.6}),
        Plot.text(titles, {
          fx: 'fx',
          fy: 'fy',
          frameAnchor: 'top-left',
          dy: -18,
          text: ({title}: {title: string}) => shortened(title, Math.floor((width - LEFT) / columns / 8)),
          fill: palette.ink,
          fontWeight: 600,
          fontSize: 12.5,
        }),
        Plot.text(
          titles.flatMap(({fx, fy}) => ticks.map(({place, value}) => ({fx, fy, place, label: tickLabel(value)}))),
          {...facets, frameAnchor: 'bottom', dy: 14, text: 'label', fill: palette.quiet, fontSize: 11},
        ),
        Plot.text(
          titles
            .filter(({fx}) => fx === 0)
            .flatMap(({fy}) => named.map(row => ({fx: 0, fy, row, step: steps[row]!.toLocaleString('en')}))),
          {fx: 'fx', fy: 'fy', y: 'row', frameAnchor: 'left', dx: -8, textAnchor: 'end', text: 'step', fontSize: 11},
        ),
        Plot.text([{fx: 0, fy: 0, words: 'step'}], {
          ...{fx: 'fx', fy: 'fy', text: 'words', frameAnchor: 'top-left', dx: -LEFT + 4, dy: -4, fontSize: 11},
        }),
        Plot.text([{fx: columns - 1, fy: lines - 1, words: 'eigenvalue →'}], {
          ...{fx: 'fx', fy: 'fy', text: 'words', frameAnchor: 'bottom-right', dy: 30, fontSize: 11},
        }),
      ],
    }) as SVGSVGElement & Plot.Plot;
    drawLegend(svg, legend.placed, LEFT, TOP + lines * panelHeight + (lines - 1) * PANEL_GAP + BOTTOM, palette.quiet);
    const [fx, fy, x, y] = (['fx', 'fy', 'x', 'y'] as const).map(name => svg.scale(name)!);
    const right = (column: number) => (fx!.apply(column) as number) - (fx!.apply(0) as number);
    const down = (line: number) => (fy!.apply(line) as number) - (fy!.apply(0) as number);
    const drawn = drawRidges(
      {ridges, color: palette.data},
      others,
      {x: axis.grid.map(place => x!.apply(place) as number), y: row => y!.apply(row) as number, right, down},
      {paper: palette.paper, rows: moments.length},
    );
    // Above the rules, below the largest eigenvalues and the words.
    svg.insertBefore(drawn, svg.querySelector(':scope > [aria-label="dot"], :scope > [aria-label="text"]'));
    return {
      svg,
      time: null,
      cells: {
        steps,
        rows: places.length,
        at(row, panel) {
          const [column, line] = [panel % columns, Math.floor(panel / columns)];
          const top = ridges.find(each => each.row === row && each.fx === column && each.fy === line)?.top ?? 0;
          return [(x!.apply(axis.place(top)) as number) + right(column), (y!.apply(row - 0.4) as number) + down(line)];
        },
      },
      read(pixelX, pixelY) {
        const column = nearestTo(fx!, columns, pixelX);
        const line = nearestTo(fy!, lines, pixelY);
        // The scales of each facet start at the first facet.
        const inX = pixelX - right(column);
        const inY = pixelY - down(line);
        const place = places[line * columns + column];
        if (place === undefined) return null;
        const row = Math.max(0, Math.min(last, Math.round((y!.invert!(inY) as number) + 0.4)));
        const at = x!.invert!(inX) as number;
        const found = ridges.find(each => each.row === row && each.fx === column && each.fy === line);
        if (!found) return null;
        const i = nearest(axis.grid, at);
        const {density, lower, upper} = found.curve;
        return {
          title: `${seriesLabel(view.all[place]!.layer)} · step ${steps[row]} · epoch ${moments[row]!.epoch + 1}`,
          lines: [
            {name: 'eigenvalue', value: number(valueAt(axis.grid[i]!, axis.linearBelow), 3)},
            {
              name: 'per decade',
              value: `${number(density[i]!, 3)}${Number.isFinite(upper[i]!) ? interval(lower[i]!, upper[i]!, 2) : ''}`,
            },
            {name: 'largest', value: number(found.top, 4), color: palette.accent},
          ],
        };
      },
    };
  },
};

/** The smallest and the largest node of all runs. */
function ends(runs: readonly RunData[]): [least: number, most: number] {
  let least = 0;
  let most = 0;
  for (const {spectra} of runs) {
    for (const {blocks} of spectra) {
      for (const {density} of blocks) {
        for (const node of density.nodes.flat()) {
          least = Math.min(least, node);
          most = Math.max(most, node);
        }
      }
    }
  }
  return [least, most];
}

/** The inverse of an axis' `place`. */
function valueAt(place: number, linearBelow: number): number {
  return Math.sign(place) * linearBelow * (10 ** Math.abs(place) - 1);
}

/** For each step of a run, the row of the other run's step nearest to it, if it is the nearest for that row too. */
function matching(rows: readonly number[], steps: readonly number[]): (step: number) => number | null {
  return step => {
    const row = nearest(rows, step);
    return steps[nearest(steps, rows[row]!)] === step ? row : null;
  };
}

/** Omits ticks that are closer to each other than a label is wide. Zero and the largest ones are kept first. */
function thinned<Tick extends {readonly place: number; readonly value: number}>(
  ticks: readonly Tick[],
  gap: number,
): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) if (kept.every(({place}) => Math.abs(place - tick.place) >= gap)) kept.push(tick);
  return kept;
}

/** The rows with a label: the first, the last, and some between. */
function rowsToName(count: number): number[] {
  const every = Math.max(1, Math.ceil((count - 1) / 5));
  const rows = Array.from({length: count}, (_, row) => row).filter(row => (count - 1 - row) % every === 0);
  return rows;
}

function nearestTo(scale: Plot.Scale, count: number, pixel: number): number {
  const width = scale.bandwidth ?? 0;
  const distance = (i: number) => Math.abs((scale.apply(i) as number) + width / 2 - pixel);
  return Array.from({length: count}, (_, i) => i).reduce((best, i) => (distance(i) < distance(best) ? i : best), 0);
}
