import * as Plot from '@observablehq/plot';
import {activationHessian, trace} from 'tfjs-hessian';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {palette, plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';

/** The trace in each hidden layer's output. */
export async function draw({model, batch, H}: Subject): Promise<string> {
  const bars: {layer: string; value: number; low: number; high: number; color: string; what: string}[] = [];
  // The outputs after the softmax are probabilities, which have another scale.
  for (const {name: layer} of H.layers.slice(0, -1)) {
    const A = await activationHessian(model, batch, {layer});
    const estimates = {activations: await trace(A, {probes: 32}), weights: await trace(H.block(layer), {probes: 256})};
    A.dispose();
    for (const [what, {value, standardError}] of Object.entries(estimates)) {
      const reach = 1.96 * standardError!;
      const color = what === 'weights' ? palette.vermilion : palette.blue;
      bars.push({layer, what, value, low: value - reach, high: value + reach, color});
    }
  }
  const poster = new Poster(WIDTH, 290);
  poster
    .dot(30, 25, palette.blue)
    .text(42, 30, ['in the layer’s output'], {color: colors.ink})
    .dot(210, 25, palette.vermilion)
    .text(222, 30, ['in its weights'], {color: colors.ink})
    .plot(
      12,
      40,
      Plot.plot({
        ...plotStyle(),
        width: 796,
        height: 220,
        marginLeft: 70,
        fy: {domain: H.layers.slice(0, -1).map(({name}) => name), label: null, axis: 'left', padding: 0.25},
        y: {domain: ['activations', 'weights'], axis: null},
        x: {grid: true, label: null},
        marks: [
          Plot.barX(bars, {fy: 'layer', y: 'what', x: 'value', fill: 'color'}),
          Plot.ruleY(bars, {fy: 'layer', y: 'what', x1: 'low', x2: 'high', stroke: colors.ink, strokeWidth: 1.5}),
        ],
      }),
    )
    .text(24, 280, ['Traces of the loss’s Hessian with 95 % intervals.'], {size: 12})
    .text(WIDTH - 24, 280, ['trace'], {anchor: 'end'});
  return poster.toString();
}
