import * as Plot from '@observablehq/plot';
import {densityOf, spectralDensity} from 'tfjs-hessian';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {evenly, palette, plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';

const STEPS = 30;
const PROBES = 4;
const FLOOR = 1e-5;

/** The estimated density with its band, and the exact density with the same smoothing. */
export async function draw({H, eigenvalues}: Subject): Promise<string> {
  const estimate = await spectralDensity(H, {steps: STEPS, probes: PROBES});
  const exact = densityOf({nodes: [[...eigenvalues]], weights: [eigenvalues.map(() => 1 / eigenvalues.length)]});
  const range = eigenvalues[0]! - eigenvalues.at(-1)!;
  const grid = evenly(eigenvalues.at(-1)! - 0.03 * range, eigenvalues[0]! + 0.05 * range, 300);
  const bandwidth = range / 120;
  const {density, lower, upper} = estimate.evaluate(grid, {bandwidth});
  const truth = exact.evaluate(grid, {bandwidth}).density;
  // Lines end where they leave the picture.
  const shown = (y: number) => (y < FLOOR ? Number.NaN : y);
  const data = grid.map((x, i) => ({
    x,
    density: shown(density[i]!),
    lower: Math.max(FLOOR, lower[i]!),
    upper: Math.max(FLOOR, upper[i]!),
    truth: shown(truth[i]!),
  }));
  const poster = new Poster(WIDTH, 400);
  poster
    .dot(30, 25, palette.blue)
    .text(42, 30, [`${PROBES} probes × ${STEPS} steps, with its 95 % band`], {color: colors.ink})
    .dot(310, 25, palette.vermilion)
    .text(322, 30, [`the exact density of all ${eigenvalues.length} eigenvalues`], {color: colors.ink})
    .plot(
      12,
      40,
      Plot.plot({
        ...plotStyle(),
        width: 796,
        height: 310,
        marginLeft: 62,
        x: {label: null, ticks: 9},
        y: {
          type: 'log',
          domain: [FLOOR, 1.5 * Math.max(...upper)],
          ticks: [1, 0.1, 0.01, 0.001, 1e-4, 1e-5],
          tickFormat: (y: number) => `10${['⁰', '⁻¹', '⁻²', '⁻³', '⁻⁴', '⁻⁵'][Math.round(-Math.log10(y))]}`,
          grid: true,
          label: null,
          clamp: true,
        },
        marks: [
          Plot.areaY(data, {x: 'x', y1: 'lower', y2: 'upper', fill: palette.blue, fillOpacity: 0.2}),
          Plot.lineY(data, {x: 'x', y: 'density', stroke: palette.blue, strokeWidth: 2}),
          Plot.lineY(data, {x: 'x', y: 'truth', stroke: palette.vermilion, strokeWidth: 1.5}),
        ],
      }),
    )
    .text(WIDTH - 24, 366, ['eigenvalue'], {anchor: 'end'})
    .text(
      24,
      386,
      [`Share of eigenvalues per unit, on a logarithmic scale; both smoothed with σ = ${bandwidth.toPrecision(2)}.`],
      {size: 12},
    );
  return poster.toString();
}
