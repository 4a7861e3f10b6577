import * as Plot from '@observablehq/plot';
import type {LossSurface} from '../estimators/loss-surface.js';
import type {FigureArgs} from './figure.js';
import {typesetNumber} from './markup.js';
import {fonts} from './palette.js';

const LEVELS = 14;
const MARGIN = {left: 60, right: 16, top: 20, bottom: 40};

/** The losses of the contours: near the least loss they lie closer, since there a surface is flat. */
export function contourLevels(losses: readonly number[]): number[] {
  const [least, most] = [Math.min(...losses), Math.max(...losses)];
  return Array.from({length: LEVELS}, (_, i) => least + (most - least) * ((i + 1) / (LEVELS + 1)) ** 2);
}

/** Draws a surface as contours of equal loss, darker where the loss is higher; if an axis has one point, as a line. */
export function surfaceFigure(surface: LossSurface, args: FigureArgs) {
  return surface.u.length > 1 && surface.v.length > 1 ? contours(surface, args) : line(surface, args);
}

function contours({u, v, loss}: LossSurface, args: FigureArgs) {
  const {palette, width} = args;
  const values = v.flatMap((_, j) => u.map((_, i) => loss[i]![j]!));
  const [x, y] = [edgesOf(u), edgesOf(v)];
  return Plot.plot({
    ...frameStyle(args),
    // As wide as high, inside the margins.
    height: width - MARGIN.left - MARGIN.right + MARGIN.top + MARGIN.bottom,
    x: {...axisOf('u', 'right'), domain: [u[0]!, u.at(-1)!]},
    y: {...axisOf('v', 'top'), domain: [v[0]!, v.at(-1)!]},
    marks: [
      // Each lies on those of lower losses.
      Plot.contour(values, {
        ...{width: u.length, height: v.length, x1: x[0], x2: x[1], y1: y[0], y2: y[1]},
        ...{fill: palette.data, fillOpacity: 0.07, stroke: palette.data, strokeOpacity: 0.55, strokeWidth: 0.8},
        value: Plot.identity,
        thresholds: contourLevels(values),
        clip: true,
      } as Plot.ContourOptions),
      Plot.frame({stroke: palette.rule}),
      Plot.dot([[0, 0]], {r: 4, fill: palette.accent, stroke: palette.paper}),
    ],
  });
}

/** A value of a contour is that of the middle of a pixel: the grid reaches half a step beyond its ends. */
function edgesOf(steps: readonly number[]): [number, number] {
  const half = (steps.at(-1)! - steps[0]!) / (steps.length - 1) / 2;
  return [steps[0]! - half, steps.at(-1)! + half];
}

function line({u, v, loss, center}: LossSurface, args: FigureArgs) {
  const {palette, width} = args;
  const [name, steps] = u.length > 1 ? ['u', u] : ['v', v];
  const points = steps.map((at, i) => ({at, loss: u.length > 1 ? loss[i]![0]! : loss[0]![i]!}));
  return Plot.plot({
    ...frameStyle(args),
    height: Math.round(width / 2),
    x: axisOf(name!, 'right'),
    y: {...axisOf('loss', 'top'), grid: true},
    marks: [
      Plot.lineY(points, {x: 'at', y: 'loss', stroke: palette.data, strokeWidth: 2}),
      Plot.dot([{at: 0, loss: center}], {x: 'at', y: 'loss', r: 4, fill: palette.accent, stroke: palette.paper}),
    ],
  });
}

function axisOf(name: string, labelAnchor: 'right' | 'top') {
  return {
    label: name,
    labelAnchor,
    labelArrow: 'none',
    ticks: 6,
    tickFormat: (at: number) => typesetNumber(at),
  } as const;
}

function frameStyle({document, palette, width}: FigureArgs) {
  return {
    ...{document, width, marginLeft: MARGIN.left, marginRight: MARGIN.right},
    ...{marginTop: MARGIN.top, marginBottom: MARGIN.bottom},
    style: {fontFamily: fonts, fontSize: '13px', color: palette.quiet, background: 'none', overflow: 'visible'},
  };
}
