import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';
import {toPng} from '../mnist/picture/png.js';
import {Poster} from '../mnist/picture/poster.js';
import {colors, fonts} from '../mnist/picture/style.js';
import type {Options} from './options.js';
import {mean} from './table.js';
import type {Epoch, Run} from './training.js';

/** Okabe and Ito's black, orange, blue and green, which colour-blind people can tell apart. */
const strokes = ['#1b1f24', '#E69F00', '#0072B2', '#009E73'] as const;

const panels: readonly {title: string; value: (epoch: Epoch) => number; type: 'linear' | 'log'}[] = [
  {title: 'test accuracy, %', value: ({accuracy}) => 100 * accuracy, type: 'linear'},
  {title: 'training loss, penalty included', value: ({loss}) => loss, type: 'log'},
  {title: 'sum of the layers’ traces', value: ({trace}) => trace.value, type: 'log'},
  {title: 'top eigenvalue', value: ({top}) => top.value, type: 'log'},
];

const WIDTH = 1160;
const PANEL = {width: 560, height: 250};

/** Draws the variants over the epochs: each repeat as a thin line, the mean as a thick line. */
export function drawPicture(runs: readonly Run[], {out, images, test, repeats}: Options): string[] {
  const {document} = parseHTML('<html></html>') as unknown as {document: Document};
  const names = [...new Set(runs.map(({variant}) => variant))];
  const poster = new Poster(WIDTH, 690);
  poster.text(24, 42, [`A CNN on ${images} images of MNIST, regularized`], {size: 24, weight: 600, color: colors.ink});
  names.forEach((name, i) => {
    poster.dot(30 + 200 * i, 67, strokes[i]!).text(44 + 200 * i, 72, [name], {size: 15, color: colors.ink});
  });
  panels.forEach(({title, value, type}, i) => {
    const [x, y] = [24 + (i % 2) * (PANEL.width + 8), 104 + Math.floor(i / 2) * (PANEL.height + 36)];
    poster
      .text(x, y, [title], {weight: 600, color: colors.ink})
      .plot(x, y + 6, panel(runs, names, value, type, document));
  });
  poster.text(
    24,
    676,
    [
      `By epoch. Thin: each of ${repeats} repeats, with other training images; thick: their mean. Tested on ${test} images.`,
    ],
    {size: 12},
  );
  const svg = poster.toString();
  const paths = [join(out, 'regularizers.svg'), join(out, 'regularizers.png')] as const;
  mkdirSync(out, {recursive: true});
  writeFileSync(paths[0], svg);
  writeFileSync(paths[1], toPng(svg));
  return [...paths];
}

function panel(
  runs: readonly Run[],
  names: readonly string[],
  value: (epoch: Epoch) => number,
  type: 'linear' | 'log',
  document: Document,
) {
  const points = runs.flatMap(({variant, repeat, epochs}) =>
    epochs.map(epoch => ({variant, line: `${variant} ${repeat}`, epoch: epoch.epoch, value: value(epoch)})),
  );
  const means = names.flatMap(variant =>
    [...new Set(points.map(({epoch}) => epoch))].map(epoch => ({
      variant,
      epoch,
      value: mean(points.filter(p => p.variant === variant && p.epoch === epoch).map(p => p.value)),
    })),
  );
  const stroke = ({variant}: {variant: string}) => strokes[names.indexOf(variant)]!;
  return Plot.plot({
    document,
    ...PANEL,
    marginLeft: 56,
    style: {fontFamily: fonts, fontSize: '13px', color: colors.quiet},
    x: {label: null, ticks: 6},
    y: {type, label: null, grid: true, ticks: 5, ...(type === 'log' && {tickFormat: '~g'})},
    marks: [
      Plot.lineY(points, {x: 'epoch', y: 'value', z: 'line', stroke, strokeWidth: 0.7, strokeOpacity: 0.5}),
      Plot.lineY(means, {x: 'epoch', y: 'value', z: 'variant', stroke, strokeWidth: 2.2}),
    ],
  });
}
