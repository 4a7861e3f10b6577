import * as Plot from '@observablehq/plot';
import {trace} from 'tfjs-hessian';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {palette, plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';
import {sum} from './subject.js';

const panels = [2, 8];
const SEEDS = 60;

/** Intervals of many seeds, and how many of them miss the exact value. */
export async function draw({H, eigenvalues}: Subject): Promise<string> {
  const exact = sum(eigenvalues);
  const poster = new Poster(WIDTH, 330);
  const all: {seed: number; low: number; high: number; value: number; color: string}[][] = [];
  for (const probes of panels) {
    const points = [];
    for (let seed = 0; seed < SEEDS; seed++) {
      const {value, standardError} = await trace(H, {probes, seed});
      const reach = 1.96 * standardError!;
      const color = Math.abs(value - exact) > reach ? palette.vermilion : palette.blue;
      points.push({seed, value, low: value - reach, high: value + reach, color});
    }
    all.push(points);
  }
  const range = all.flat().flatMap(({low, high}) => [low, high]);
  all.forEach((points, i) => {
    const misses = points.filter(({color}) => color === palette.vermilion).length;
    const x = 12 + 400 * i;
    poster
      .text(
        x + 12,
        30,
        [
          {text: `${panels[i]} probes`, weight: 600, color: colors.ink},
          `: ${SEEDS - misses} of ${SEEDS} intervals hold the trace`,
        ],
        {},
      )
      .plot(
        x,
        38,
        Plot.plot({
          ...plotStyle(),
          width: 396,
          height: 250,
          x: {axis: null, domain: [-1, SEEDS]},
          y: {label: null, domain: [Math.min(...range), Math.max(...range)], ticks: 6, grid: true},
          marks: [
            Plot.ruleY([exact], {stroke: colors.ink, strokeWidth: 1.2}),
            Plot.ruleX(points, {x: 'seed', y1: 'low', y2: 'high', stroke: 'color', strokeWidth: 1.6}),
            Plot.dot(points, {x: 'seed', y: 'value', r: 2, fill: 'color'}),
          ],
        }),
      );
  });
  poster.text(24, 314, ['One bar a seed: value ± 1.96 standard errors of the trace. The line: the exact trace.'], {
    size: 12,
  });
  return poster.toString();
}
