import * as Plot from '@observablehq/plot';
import type {EigenvalueAxis} from '../../../report/eigenvalue-axis.js';
import {axisOver} from '../../../report/eigenvalue-axis.js';
import {fonts} from '../../../report/palette.js';
import type {RunData} from '../state.js';
import {comparisonColor, paletteOf} from './colors.js';
import {drawLegend, legendOf} from './legend.js';
import {dashOf} from './lines.js';
import {interval, number} from './numbers.js';
import {PanelPixels} from './panel-pixels.js';
import type {Picture, Reading} from './picture.js';
import type {Ridge} from './ridges.js';
import {drawRidges, OVERLAP} from './ridges.js';
import {spectraMarks} from './spectra-marks.js';
import type {Panel, Panels} from './spectra-panels.js';
import {matching, panelsOf, ridgesIn} from './spectra-panels.js';
import {nearest} from './time-axis.js';

const GRID = 150;
const ROW = 19;
const PANEL_GAP = 52;
const LEFT = 44;
const TOP = 26;
const BOTTOM = 40;

/** The spectral density of each block over the training: one panel per block, one ridge per moment, the newest in front. */
export const spectraPicture: Picture = {
  name: 'spectra',
  title: 'Spectra by layer',
  caption:
    'A row a step, the newest in front: log₁₀(1 + eigenvalues per decade). Shades are 95 % bands over the probes, dots the largest eigenvalue; the axis is linear near zero.',
  isWide: true,
  draw(state, main, width) {
    if (main.spectra.length === 0 || main.view.blocks.length === 0) return null;
    const palette = paletteOf(state);
    const panels = panelsOf(main, width - LEFT);
    const {columns, lines} = panels;
    const axis = axisOver(...ends([main, ...state.others]), GRID);
    const steps = main.spectra.map(({step}) => step);
    const ridges = ridgesIn(panels, main, axis, step => steps.indexOf(step));
    const others = state.others.map((data, i) => {
      const rowOf = matching(
        steps,
        data.spectra.map(({step}) => step),
      );
      const look = {color: comparisonColor(i, state), dash: dashOf(state, data)};
      return {...look, name: data.view.label, ridges: ridgesIn(panels, data, axis, rowOf)};
    });
    const shown = {name: main.view.label, color: palette.data, symbol: null};
    const named = others.map(({name, color, dash}) => ({name, color, symbol: null, dash}));
    const legend = legendOf(others.length === 0 ? [] : [shown, ...named], width - LEFT);
    const panelWidth = (width - LEFT) / columns;
    const panelHeight = ROW * (steps.length - 1 + OVERLAP) + 12;
    const frameEnd = TOP + lines * panelHeight + (lines - 1) * PANEL_GAP;
    const ticks = thinned(axis.ticks, (axis.domain[1] - axis.domain[0]) / (panelWidth / 34));
    const svg = Plot.plot({
      document,
      width,
      height: frameEnd + BOTTOM + legend.height,
      marginLeft: LEFT,
      marginRight: 8,
      marginTop: TOP,
      marginBottom: BOTTOM + legend.height,
      style: {fontFamily: fonts, fontSize: '12px', color: palette.quiet, background: 'none', overflow: 'visible'},
      ...facetScales(panels, panelHeight),
      x: {type: 'linear', domain: [...axis.domain], axis: null},
      y: {type: 'linear', domain: [steps.length - 1 + 0.35, -OVERLAP * 1.12], axis: null},
      marks: spectraMarks({panels, ticks, ridges, steps, placeOf: axis.place, panelWidth, left: LEFT}, palette),
    }) as SVGSVGElement & Plot.Plot;
    drawLegend(svg, legend.placed, LEFT, frameEnd + BOTTOM, palette.quiet);
    const pixels = new PanelPixels(svg, panels);
    const drawn = drawRidges(
      {ridges, color: palette.data},
      others,
      {
        x: axis.grid.map(place => pixels.x(place)),
        y: row => pixels.y(row),
        right: column => pixels.right(column),
        down: line => pixels.down(line),
      },
      {paper: palette.paper, rows: steps.length},
    );
    // Above the rules, below the largest eigenvalues and the words.
    svg.insertBefore(drawn, svg.querySelector(':scope > [aria-label="dot"], :scope > [aria-label="text"]'));
    const ridgeAt = (row: number, {fx, fy}: Pick<Panel, 'fx' | 'fy'>) =>
      ridges.find(each => each.row === row && each.fx === fx && each.fy === fy);
    return {
      svg,
      time: null,
      cells: {
        steps,
        rows: panels.blocks.length,
        at(row, i) {
          const panel = panels.blocks[i]!;
          const top = ridgeAt(row, panel)?.top ?? 0;
          return [pixels.x(axis.place(top)) + pixels.right(panel.fx), pixels.y(row - 0.4) + pixels.down(panel.fy)];
        },
      },
      read(pixelX, pixelY) {
        const found = pixels.find(pixelX, pixelY);
        if (found === null) return null;
        const row = Math.max(0, Math.min(steps.length - 1, Math.round(found.y + 0.4)));
        const ridge = ridgeAt(row, found.panel);
        if (!ridge) return null;
        const {step, epoch} = main.spectra[row]!;
        return {
          title: `${found.panel.title} · step ${step} · epoch ${epoch + 1}`,
          lines: readingsOf(ridge, nearest(axis.grid, found.x), axis, palette.accent),
        };
      },
    };
  },
};

/** The scales of the columns and the lines of panels. */
function facetScales({columns, lines}: Panels, panelHeight: number): Pick<Plot.PlotOptions, 'fx' | 'fy'> {
  const upTo = (count: number) => Array.from({length: count}, (_, i) => i);
  const inner = lines > 1 ? PANEL_GAP / (panelHeight + PANEL_GAP) : 0;
  return {
    fx: {domain: upTo(columns), axis: null, paddingOuter: 0, paddingInner: columns > 1 ? 0.11 : 0},
    fy: {domain: upTo(lines), axis: null, paddingOuter: 0, paddingInner: inner},
  };
}

/** What a ridge has at a point of the axis' grid. */
function readingsOf({curve, top}: Ridge, i: number, axis: EigenvalueAxis, accent: string): Reading[] {
  const [density, lower, upper] = [curve.density[i]!, curve.lower[i]!, curve.upper[i]!];
  const band = Number.isFinite(upper) ? interval(lower, upper, 2) : '';
  return [
    {name: 'eigenvalue', value: number(valueAt(axis.grid[i]!, axis.linearBelow), 3)},
    {name: 'per decade', value: `${number(density, 3)}${band}`},
    {name: 'largest', value: number(top, 4), color: accent},
  ];
}

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

/** Omits ticks that are closer to each other than a label is wide. Zero and the largest ones are kept first. */
function thinned<Tick extends {readonly place: number; readonly value: number}>(
  ticks: readonly Tick[],
  gap: number,
): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) if (kept.every(({place}) => Math.abs(place - tick.place) >= gap)) kept.push(tick);
  return kept;
}
