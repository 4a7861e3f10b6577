import * as Plot from '@observablehq/plot';
import {coupling} from 'tfjs-hessian/estimators';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';

/** The Frobenius norms of all blocks, of H and of G. */
export async function draw({H, G}: Subject): Promise<string> {
  const poster = new Poster(WIDTH, 430);
  const panels = [
    {title: 'Hessian', ...(await coupling(H, {probes: 32}))},
    {title: 'Gauss–Newton', ...(await coupling(G, {probes: 32}))},
  ];
  const highest = Math.max(...panels.flatMap(({norms}) => norms.flat().map(({value}) => value)));
  panels.forEach(({title, layers, norms}, i) => {
    const cells = norms.flatMap((row, r) =>
      row.map((estimate, c) => ({row: layers[r]!, column: layers[c]!, ...estimate})),
    );
    const x = 12 + 400 * i;
    poster.text(x + 70, 30, [title], {weight: 600, color: colors.ink}).plot(
      x,
      36,
      Plot.plot({
        ...plotStyle(),
        width: 396,
        height: 350,
        marginLeft: 70,
        padding: 0.03,
        x: {label: null, domain: layers, tickSize: 0},
        y: {label: null, domain: layers, tickSize: 0},
        color: {type: 'sqrt', domain: [0, highest], scheme: 'Blues'},
        marks: [
          Plot.cell(cells, {x: 'column', y: 'row', fill: 'value'}),
          Plot.text(cells, {
            x: 'column',
            y: 'row',
            text: ({value}) => value.toFixed(2),
            fill: ({value}) => (value > 0.35 * highest ? colors.paper : colors.ink),
            fontWeight: 600,
            dy: -7,
          }),
          Plot.text(cells, {
            x: 'column',
            y: 'row',
            text: ({standardError}) => `± ${standardError!.toFixed(2)}`,
            fill: ({value}) => (value > 0.35 * highest ? colors.paper : colors.quiet),
            fontSize: 12,
            dy: 10,
          }),
        ],
      }),
    );
  });
  poster.text(24, 414, ['‖H_ij‖_F of each pair of layers ± 1 standard error, 32 probes a layer.'], {size: 12});
  return poster.toString();
}
