import * as Plot from '@observablehq/plot';
import type {Tensor} from '@tensorflow/tfjs-core';
import {sampleCurvature} from 'tfjs-hessian';
import {smallNetwork, train} from '../../examples/concepts/small-network.js';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {palette, plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';

/** Every n-th label is wrong. */
const EVERY = 10;
/** The outer bars include all scores beyond them. */
const LIMIT = 200;
const BIN = 20;
const thresholds = Array.from({length: (2 * LIMIT) / BIN + 1}, (_, i) => BIN * i - LIMIT);

/** Scores of samples with right and with wrong labels. */
export async function draw({tf, data}: Subject): Promise<string> {
  const digits = Array.from(tf.argMax(data.y, 1).dataSync());
  const isWrong = (i: number) => i % EVERY === EVERY - 1;
  const labels = digits.map((digit, i) => (isWrong(i) ? (digit + 1 + (i % 9)) % 10 : digit));
  const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 10).toFloat() as Tensor;
  const model = smallNetwork(tf);
  await train(model, {x: data.x, y}, 20);
  const scores = Array.from((await sampleCurvature(model, {x: data.x, y}, {probes: 32})).dataSync());
  const groups = [
    {title: 'right labels', color: palette.blue, values: scores.filter((_, i) => !isWrong(i))},
    {title: 'wrong labels', color: palette.vermilion, values: scores.filter((_, i) => isWrong(i))},
  ];
  const poster = new Poster(WIDTH, 378);
  groups.forEach(({title, color, values}, i) => {
    const negative = values.filter(value => value < 0).length / values.length;
    const clamped = values.map(value => Math.min(LIMIT - 1, Math.max(-LIMIT, value)));
    const top = 26 + 162 * i;
    poster
      .dot(30, top - 5, color)
      .text(42, top, [
        {text: `${values.length} samples with ${title}`, weight: 600, color: colors.ink},
        `: ${Math.round(100 * negative)} % below zero`,
      ])
      .plot(
        12,
        top + 4,
        Plot.plot({
          ...plotStyle(),
          width: 796,
          height: 144,
          x: {label: null, domain: [-LIMIT, LIMIT], ticks: 8},
          y: {label: null, domain: [0, 0.3], ticks: 3, tickFormat: '%', grid: true},
          marks: [
            Plot.rectY(clamped, {
              ...Plot.binX({y: 'proportion'}, {x: (value: number) => value, thresholds}),
              fill: color,
            }),
            Plot.ruleX([0], {stroke: colors.ink}),
          ],
        }),
      );
  });
  poster
    .text(WIDTH - 24, 348, ['tr Hᵢ'], {anchor: 'end'})
    .text(
      24,
      366,
      [`After training on all of them. Outer bars: everything beyond. Traces of each sample’s own Hessian, 32 probes.`],
      {size: 12},
    );
  return poster.toString();
}
