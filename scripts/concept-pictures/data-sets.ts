import * as Plot from '@observablehq/plot';
import type {Batch} from 'tfjs-hessian';
import {eigenvalues, hessian, trace} from 'tfjs-hessian';
import {miniBatchEigenvalues} from 'tfjs-hessian/estimators';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {palette, plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';

const SIZE = 50;

/** Trace and top eigenvalue of mini-batches and of the whole data set. */
export async function draw({tf, model, data, H}: Subject): Promise<string> {
  const count = data.x.shape[0]! / SIZE;
  const batches: Batch[] = Array.from({length: count}, (_, i) => ({
    x: data.x.slice([i * SIZE, 0], [SIZE, -1]),
    y: data.y.slice([i * SIZE, 0], [SIZE, -1]),
  }));
  const tops = (await miniBatchEigenvalues(model, batches)).map(([top]) => top!.value);
  const traces: number[] = [];
  for (const batch of batches) {
    const op = await hessian(model, batch);
    traces.push((await trace(op, {probes: 64})).value);
    op.dispose();
  }
  const top = (await eigenvalues(H)).values[0]!;
  const whole = (await trace(H, {probes: 64})).value;
  const poster = new Poster(WIDTH, 330);
  const panels = [
    {title: 'trace', values: traces, whole},
    {title: 'top eigenvalue', values: tops, whole: top},
  ];
  poster
    .dot(30, 25, palette.blue)
    .text(42, 30, [`one of ${count} batches of ${SIZE} images`], {color: colors.ink})
    .text(250, 30, [{text: '– –', weight: 600, color: palette.blue}, '  their mean'], {color: colors.ink})
    .text(360, 30, [{text: '—', weight: 600, color: palette.vermilion}, '  the whole data set'], {color: colors.ink});
  panels.forEach(({title, values, whole: all}, i) => {
    const x = 12 + 400 * i;
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    poster
      .text(x + 12, 64, [
        {text: title, weight: 600, color: colors.ink},
        `: mean ${mean.toFixed(2)}, whole ${all.toFixed(2)}`,
      ])
      .plot(
        x,
        72,
        Plot.plot({
          ...plotStyle(),
          width: 396,
          height: 230,
          x: {axis: null, domain: [-1, count]},
          y: {label: null, domain: [0, 1.05 * Math.max(...values)], ticks: 6, grid: true},
          marks: [
            Plot.ruleY([all], {stroke: palette.vermilion, strokeWidth: 2}),
            Plot.ruleY([mean], {stroke: palette.blue, strokeWidth: 2, strokeDasharray: '6 5'}),
            Plot.dot(values, {x: (_, j: number) => j, y: (y: number) => y, r: 3.2, fill: palette.blue}),
          ],
        }),
      );
  });
  poster.text(24, 318, ['The same weights throughout, and the same 64 probes for every trace.'], {size: 12});
  for (const {x, y} of batches) tf.dispose([x, y]);
  return poster.toString();
}
