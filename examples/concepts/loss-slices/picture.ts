import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';
import {toPng} from '../../mnist/picture/png.js';
import {Poster} from '../../mnist/picture/poster.js';
import {colors, fonts} from '../../mnist/picture/style.js';
import type {Point, Slices} from './slices.js';

const [LOSS, MODEL] = colors.runs;
const ordinals = ['first', 'second'];

/** Draws the lines above the plane and returns the path of the picture. */
export function drawPicture(slices: Slices, folder: string): string[] {
  const svg = new Poster(820, 890);
  svg.text(24, 40, ['The loss along the top eigenvectors of its Hessian'], {size: 21, weight: 600, color: colors.ink});
  lines(svg, slices, 52);
  plane(svg, slices, 410);
  const paths = [join(folder, 'loss-slices.svg'), join(folder, 'loss-slices.png')] as const;
  mkdirSync(folder, {recursive: true});
  writeFileSync(paths[0], svg.toString());
  writeFileSync(paths[1], toPng(svg.toString()));
  return [...paths];
}

/** Only the two lines. */
export function lineSlices(slices: Slices): string {
  const poster = new Poster(820, 350);
  lines(poster, slices, 0);
  return poster.toString();
}

function lines(poster: Poster, {lines: all, top}: Slices, y: number): void {
  legend(poster, 24, y + 26);
  const highest = 1.05 * Math.max(...all.flat().map(({loss, quadratic}) => Math.max(loss, quadratic)));
  all.forEach((points, i) => {
    const x = 24 + 396 * i;
    poster
      .text(x, y + 60, [eigenvectorTitle(i, top[i]!)], {weight: 600, color: colors.ink})
      .plot(x, y + 66, linePlot(points, i, highest))
      .text(x + 372, y + 338, ['distance'], {anchor: 'end'});
  });
}

function legend(poster: Poster, x: number, y: number): void {
  poster
    .dot(x + 6, y - 5, LOSS)
    .text(x + 18, y, ['loss'], {color: colors.ink})
    .dot(x + 70, y - 5, MODEL)
    .text(x + 82, y, ['quadratic model: loss + slope × distance + ½ eigenvalue × distance²'], {color: colors.ink});
}

function eigenvectorTitle(i: number, {value, slope}: Slices['top'][number]): string {
  return `${ordinals[i]} eigenvector: eigenvalue ${value.toFixed(2)}, slope ${slope.toFixed(3).replace('-', '−')}`;
}

function linePlot(points: readonly Point[], axis: number, highest: number) {
  const data = points.map(({along, loss, quadratic}) => ({at: along[axis]!, loss, quadratic}));
  return Plot.plot({
    ...plotStyle(),
    width: 380,
    height: 260,
    x: {label: null, ticks: 7},
    y: {label: null, domain: [0, highest], ticks: 5, grid: true},
    marks: [
      Plot.lineY(data, {x: 'at', y: 'quadratic', stroke: MODEL, strokeWidth: 2, strokeDasharray: '5 4'}),
      Plot.lineY(data, {x: 'at', y: 'loss', stroke: LOSS, strokeWidth: 2}),
      Plot.dot([{at: 0, loss: data[(data.length - 1) / 2]!.loss}], {x: 'at', y: 'loss', r: 4, fill: colors.ink}),
    ],
  });
}

function plane(poster: Poster, {plane: points, loss}: Slices, y: number): void {
  const highest = Math.max(...points.flatMap(point => [point.loss, point.quadratic]));
  const lowest = Math.min(...points.flatMap(point => [point.loss, point.quadratic]));
  const levels = Array.from({length: 12}, (_, i) => lowest + ((highest - lowest) * i ** 1.5) / 11 ** 1.5);
  (['loss', 'quadratic'] as const).forEach((value, i) => {
    const x = 24 + 396 * i;
    poster
      .text(x, y + 22, [value === 'loss' ? 'loss in the plane of both' : 'its quadratic model, same levels'], {
        weight: 600,
        color: colors.ink,
      })
      .plot(x, y + 30, planePlot(points, value, levels))
      .text(x + 372, y + 418, ['first eigenvector'], {anchor: 'end'});
  });
  poster.text(
    24,
    y + 444,
    [`Levels from ${lowest.toFixed(2)} to ${highest.toFixed(2)}; at the dot, where training is, ${loss.toFixed(2)}.`],
    {size: 12},
  );
  poster.text(24, y + 462, ['Upwards: the second eigenvector.'], {size: 12});
}

function planePlot(points: readonly Point[], value: 'loss' | 'quadratic', levels: readonly number[]) {
  const size = Math.sqrt(points.length);
  const [first, last] = [points[0]!.along, points.at(-1)!.along];
  // The value of a contour is that of the middle of a pixel.
  const half = [0, 1].map(i => (last[i]! - first[i]!) / (size - 1) / 2);
  return Plot.plot({
    ...plotStyle(),
    width: 380,
    height: 370,
    x: {label: null, domain: [first[0], last[0]], ticks: 6},
    y: {label: null, domain: [first[1], last[1]], ticks: 6},
    color: {type: 'linear', domain: [levels[0]!, levels.at(-1)!], scheme: 'Blues', reverse: true},
    marks: [
      Plot.contour(
        points.map(point => point[value]),
        {
          width: size,
          height: size,
          x1: first[0] - half[0]!,
          x2: last[0] + half[0]!,
          y1: first[1] - half[1]!,
          y2: last[1] + half[1]!,
          fill: Plot.identity,
          stroke: colors.paper,
          strokeWidth: 0.8,
          thresholds: [...levels],
          clip: true,
        },
      ),
      Plot.dot([[0, 0]], {r: 4, fill: colors.runs[1], stroke: colors.paper}),
      Plot.frame({stroke: colors.rule}),
    ],
  });
}

function plotStyle() {
  const {document} = parseHTML('<html></html>') as unknown as {document: Document};
  return {
    document,
    marginLeft: 36,
    marginRight: 8,
    marginTop: 12,
    style: {fontFamily: fonts, fontSize: '13px', color: colors.quiet},
  };
}
