import * as Plot from '@observablehq/plot';
import {number} from '../../study/report/markdown.js';
import type {Panel} from '../../study/report/panels.js';
import {colors, drawSheet, hues, WIDTH} from '../../study/report/panels.js';
import type {EdgeRecord} from './record.js';
import {settings} from './settings.js';
import {plainRatio} from './summary.js';

const ROW = 3;

/** The ratio over the steps, a panel for each optimizer, and beside it the one that plain gradient descent would have. */
export function edgePicture(records: readonly EdgeRecord[]): string {
  const panels = records.map(panel);
  return drawSheet({
    title: 'Optimizers come to their edge of stability and stay there',
    legend: [
      {name: 'sharpness / threshold', color: hues.blue},
      {name: 'top eigenvalue × learning rate / 2', color: hues.vermilion},
    ],
    rows: Array.from({length: Math.ceil(panels.length / ROW)}, (_, row) => ({
      panels: panels.slice(ROW * row, ROW * (row + 1)),
    })),
    notes: [
      `Over the steps of full-batch training. Dashed: 1, the edge. Where a line lies at 0, its last value stands above it. ${where(records[0]!)}`,
    ],
  });
}

function where({images, parameters}: EdgeRecord): string {
  return `MLP of ${parameters.toLocaleString('en')} weights, tanh, mean squared error, ${images} images of Fashion-MNIST.`;
}

function panel(record: EdgeRecord): Panel {
  const {optimizer, learningRate, points} = record;
  const {title, options} = settings[optimizer]!;
  const plain = points.map(point => ({step: point.step, value: plainRatio(record, point)}));
  return {
    title: [title, options, `η = ${learningRate}`].filter(part => part !== '').join(', '),
    width: Math.floor((WIDTH - 48) / ROW),
    height: 190,
    options: {
      x: {label: null, ticks: 5, tickFormat: 'd'},
      y: {label: null, grid: true, domain: [0, 2], ticks: [0, 0.5, 1, 1.5, 2]},
      marks: [
        Plot.ruleY([1], {stroke: colors.ink, strokeDasharray: '4 3'}),
        Plot.lineY(plain, {x: 'step', y: 'value', stroke: hues.vermilion, strokeWidth: 4, clip: true}),
        Plot.lineY(points, {x: 'step', y: 'ratio', stroke: hues.blue, strokeWidth: 1.8, clip: true}),
        // Flat at zero in this scale.
        Plot.text(
          plain.slice(-1).filter(({value}) => value < 0.1),
          {
            ...{x: 'step', y: 'value', text: ({value}) => number(value, 2), fill: hues.vermilion},
            ...{textAnchor: 'end', dy: -9},
          },
        ),
      ],
    },
  };
}
