import * as Plot from '@observablehq/plot';
import {spectralDensity} from 'tfjs-hessian';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {palette, plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';

const STEPS = 30;

/** One Lanczos run's Ritz values, step by step, beside the eigenvalues. */
export async function draw({H, eigenvalues}: Subject): Promise<string> {
  const ritz: {steps: number; value: number}[] = [];
  for (let steps = 1; steps <= STEPS; steps++) {
    const {nodes} = await spectralDensity(H, {steps, probes: 1});
    ritz.push(...nodes[0]!.map(value => ({steps, value})));
  }
  const poster = new Poster(WIDTH, 400);
  poster
    .dot(30, 25, palette.blue)
    .text(42, 30, ['Ritz values of one run'], {color: colors.ink})
    .dot(210, 25, palette.vermilion)
    .text(222, 30, [`all ${eigenvalues.length} eigenvalues`], {color: colors.ink})
    .plot(
      12,
      40,
      Plot.plot({
        ...plotStyle(),
        width: 796,
        height: 326,
        x: {label: null, domain: [0, STEPS + 3], ticks: evenSteps()},
        y: {label: null, grid: true, ticks: 8},
        marks: [
          Plot.dot(ritz, {x: 'steps', y: 'value', r: 2.6, fill: palette.blue}),
          Plot.tickY(
            eigenvalues.map(value => ({value, at: 'all'})),
            {
              y: 'value',
              stroke: palette.vermilion,
              strokeWidth: 1,
              insetLeft: 680,
            },
          ),
        ],
      }),
    )
    .text(WIDTH - 24, 382, ['Lanczos steps'], {anchor: 'end'});
  return poster.toString();
}

function evenSteps(): number[] {
  return [1, 5, 10, 15, 20, 25, 30];
}
