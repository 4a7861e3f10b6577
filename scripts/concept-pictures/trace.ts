import * as Plot from '@observablehq/plot';
import type {MatvecOperator} from 'tfjs-hessian';
import {trace} from 'tfjs-hessian';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {palette, plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';
import {sum} from './subject.js';

const methods = [
  {method: 'hutchinson', name: 'Hutchinson', color: palette.blue},
  {method: 'hutch++', name: 'Hutch++', color: palette.vermilion},
  {method: 'xtrace', name: 'XTrace', color: palette.green},
] as const;
const budgets = [8, 16, 32, 64, 128, 256];
const SEEDS = 40;

/** The error of each method against its number of products. */
export async function draw({tf, matrix, eigenvalues}: Subject): Promise<string> {
  const exact = sum(eigenvalues);
  const size = eigenvalues.length;
  // The same operator as a matrix, which is faster.
  const op: MatvecOperator = {
    size,
    matvec: v => tf.tidy(() => tf.reshape(tf.matMul(matrix, tf.reshape(v, [size, 1])), [size])),
    matmat: V => tf.matMul(matrix, V),
  };
  const points: {name: string; color: string; probes: number; error: number}[] = [];
  for (const {method, name, color} of methods) {
    for (const probes of budgets) {
      let squares = 0;
      for (let seed = 0; seed < SEEDS; seed++)
        squares += ((await trace(op, {method, probes, seed})).value - exact) ** 2;
      points.push({name, color, probes, error: Math.sqrt(squares / SEEDS) / exact});
    }
  }
  // Var(vᵀ H v) = 2 (‖H‖_F² − ‖diag H‖²)
  const diagonal = tf.tidy(() => tf.sum(tf.square(tf.mul(matrix, tf.eye(size)))).dataSync()[0]!);
  const variance = 2 * (sum(eigenvalues.map(x => x * x)) - diagonal);
  const theory = budgets.map(probes => ({probes, error: Math.sqrt(variance / probes) / exact}));

  const poster = new Poster(WIDTH, 406);
  poster
    .text(24, 30, ['root mean square error of the trace, as a share of it'], {weight: 600, color: colors.ink})
    .plot(
      12,
      40,
      Plot.plot({
        ...plotStyle(),
        width: 796,
        height: 310,
        marginRight: 110,
        x: {type: 'log', base: 2, ticks: budgets, tickFormat: String, label: null},
        y: {
          type: 'log',
          tickFormat: (y: number) => `${Number((100 * y).toPrecision(2))} %`,
          ticks: 4,
          grid: true,
          label: null,
        },
        marks: [
          Plot.lineY(theory, {x: 'probes', y: 'error', stroke: colors.quiet, strokeDasharray: '2 4'}),
          Plot.lineY(points, {x: 'probes', y: 'error', stroke: 'color', strokeWidth: 2}),
          Plot.dot(points, {x: 'probes', y: 'error', fill: 'color', r: 3.5}),
          Plot.text(
            points.filter(({probes}) => probes === budgets.at(-1)),
            {
              x: 'probes',
              y: 'error',
              text: 'name',
              fill: 'color',
              dx: 10,
              textAnchor: 'start',
              fontWeight: 600,
            },
          ),
        ],
      }),
    )
    .text(698, 366, ['products with the Hessian'], {anchor: 'end'})
    .text(
      24,
      390,
      [
        `Hessian of a network of ${size} parameters; ${SEEDS} seeds. Dashed: Hutchinson’s error in theory, √(2 (‖H‖² − ‖diag H‖²) / products).`,
      ],
      {size: 12},
    );
  return poster.toString();
}
