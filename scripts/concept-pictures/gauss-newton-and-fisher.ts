import * as Plot from '@observablehq/plot';
import {empiricalFisher, residualHessian} from 'tfjs-hessian';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {palette, plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';
import {dense, eigenvaluesOf, sum} from './subject.js';

/** Below this the axis is linear. */
const LINEAR = 0.01;

/** All eigenvalues of the four matrices, in order. */
export async function draw({tf, model, batch, G, eigenvalues}: Subject): Promise<string> {
  const all = async (make: typeof empiricalFisher) => {
    const op = await make(model, batch);
    const values = eigenvaluesOf(dense(tf, op));
    op.dispose();
    return values;
  };
  const spectra = [
    {name: 'H', title: 'Hessian', color: palette.black, values: eigenvalues},
    {name: 'G', title: 'Gauss–Newton = Fisher', color: palette.blue, values: eigenvaluesOf(dense(tf, G))},
    {name: 'E', title: 'empirical Fisher', color: palette.green, values: await all(empiricalFisher)},
    {name: 'R', title: 'H − G', color: palette.vermilion, values: await all(residualHessian)},
  ];
  const points = spectra.flatMap(({name, values, color}) =>
    // Rounding leaves ±1e-8 of zero eigenvalues.
    values.map((value, i) => ({name, color, rank: i + 1, value: Math.abs(value) < 1e-5 ? 0 : value})),
  );
  const poster = new Poster(WIDTH, 420);
  spectra.forEach(({title, values, color}, i) => {
    const x = 30 + [0, 170, 390, 590][i]!;
    poster.dot(x, 25, color).text(x + 12, 30, [title], {color: colors.ink, weight: 600});
    poster.text(x + 12, 49, [`trace ${sum(values).toFixed(1)}`]);
  });
  poster
    .plot(
      12,
      60,
      Plot.plot({
        ...plotStyle(),
        width: 796,
        height: 310,
        x: {label: null, domain: [1, eigenvalues.length], ticks: [1, 100, 200, 300, 400, 500, 600]},
        y: {
          type: 'symlog',
          domain: [-0.5, 25],
          constant: LINEAR,
          label: null,
          grid: true,
          ticks: [-0.1, -0.01, 0, 0.01, 0.1, 1, 10],
          tickFormat: (y: number) => String(y).replace('-', '−'),
        },
        marks: [
          Plot.ruleY([0], {stroke: colors.quiet}),
          Plot.lineY(points, {x: 'rank', y: 'value', z: 'name', stroke: 'color', strokeWidth: 2}),
        ],
      }),
    )
    .text(WIDTH - 24, 388, ['rank'], {anchor: 'end'})
    .text(24, 406, [`All eigenvalues in descending order; the axis is linear within ±${LINEAR}.`], {size: 12});
  return poster.toString();
}
