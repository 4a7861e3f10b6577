import * as Plot from '@observablehq/plot';
import type {DensityRecord} from 'tfjs-hessian';
import {densityOf, layerwiseSpectra} from 'tfjs-hessian';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {evenly, palette, plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';

/** Each layer's cumulative share beside the network's: the area between is the Wasserstein distance. */
export async function draw({H}: Subject): Promise<string> {
  const {full, layers} = await layerwiseSpectra(H, {steps: 30, probes: 8});
  const grid = evenly(-0.1, 1, 111);
  const network = cumulative(full.density, grid);
  const poster = new Poster(WIDTH, 330);
  layers.forEach(({name, density, similarity}, i) => {
    const own = cumulative(density, grid);
    const data = grid.map((x, j) => ({x, own: own[j]!, network: network[j]!}));
    const x = 12 + 200 * i;
    poster
      .text(x + 36, 56, [name], {weight: 600, color: colors.ink})
      .text(x + 36, 74, [`W₁ ${similarity.wasserstein.toFixed(4)}`])
      .text(x + 36, 91, [`JS  ${similarity.jensenShannon.toFixed(4)} bits`])
      .plot(
        x,
        96,
        Plot.plot({
          ...plotStyle(),
          width: 200,
          height: 196,
          marginLeft: 36,
          marginRight: 10,
          x: {label: null, domain: [-0.1, 1], ticks: [0, 0.5, 1]},
          y: {label: null, domain: [0, 1], ticks: [0, 0.5, 1], grid: true},
          marks: [
            Plot.areaY(data, {
              x: 'x',
              y1: 'own',
              y2: 'network',
              fill: palette.vermilion,
              fillOpacity: 0.25,
              curve: 'step-after',
            }),
            Plot.lineY(data, {x: 'x', y: 'network', stroke: palette.blue, strokeWidth: 1.5, curve: 'step-after'}),
            Plot.lineY(data, {x: 'x', y: 'own', stroke: palette.vermilion, strokeWidth: 1.5, curve: 'step-after'}),
          ],
        }),
      );
  });
  poster
    .dot(30, 25, palette.vermilion)
    .text(42, 30, ['a layer’s block'], {color: colors.ink})
    .dot(160, 25, palette.blue)
    .text(172, 30, ['the whole network'], {color: colors.ink})
    .text(
      24,
      316,
      [
        'Share of eigenvalues below x; x in units of each one’s largest magnitude. The area between is the Wasserstein distance W₁.',
      ],
      {size: 12},
    );
  return poster.toString();
}

function cumulative(record: DensityRecord, grid: readonly number[]): number[] {
  const scale = Math.max(...record.nodes.flat().map(Math.abs));
  const unit = densityOf({nodes: record.nodes.map(row => row.map(x => x / scale)), weights: record.weights});
  return unit.cumulative([...grid]);
}
