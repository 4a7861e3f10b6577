import * as Plot from '@observablehq/plot';
import type {MetricName, MetricPoint} from 'tfjs-hessian';
import {everyEpochs, HessianSpectrumCallback} from 'tfjs-hessian';
import {smallNetwork} from '../../examples/concepts/small-network.js';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {palette, plotStyle, WIDTH} from './figure.js';
import type {Subject} from './subject.js';

const names: readonly MetricName[] = ['trace', 'top', 'effectiveRank', 'outliers', 'negativeMass', 'heterogeneity'];
const EPOCHS = 20;

/** Six metrics of the whole network while it trains. */
export async function draw({tf, data, batch}: Subject): Promise<string> {
  const model = smallNetwork(tf);
  const curvature = new HessianSpectrumCallback({schedule: everyEpochs(1), batch, steps: 20, probes: 4});
  const points: MetricPoint[] = [];
  for (const name of names) {
    curvature.metric$(name).subscribe(point => {
      if (point.layer === null) points.push(point);
    });
  }
  await model.fit(data.x, data.y, {
    ...{epochs: EPOCHS, batchSize: 64, shuffle: false, verbose: 0},
    callbacks: [curvature],
  });
  curvature.dispose();
  const poster = new Poster(WIDTH, 440);
  names.forEach((name, i) => {
    const own = points
      .filter(({metric}) => metric === name)
      .map(({epoch, value, standardError = 0}) => ({
        epoch: epoch + 1,
        value,
        low: value - 1.96 * (standardError ?? 0),
        high: value + 1.96 * (standardError ?? 0),
      }));
    const [x, y] = [12 + 268 * (i % 3), 26 + 204 * Math.floor(i / 3)];
    poster.text(x + 12, y, [name], {weight: 600, color: colors.ink}).plot(
      x,
      y + 6,
      Plot.plot({
        ...plotStyle(),
        width: 262,
        height: 176,
        marginLeft: 40,
        x: {label: null, domain: [0, EPOCHS + 1], ticks: [1, 5, 10, 15, 20]},
        y: {
          label: null,
          domain: [Math.min(0, ...own.map(({low}) => low)), Math.max(...own.map(({high}) => high))],
          ticks: 3,
          grid: true,
        },
        marks: [
          Plot.ruleX(own, {
            x: 'epoch',
            y1: 'low',
            y2: 'high',
            stroke: palette.blue,
            strokeOpacity: 0.5,
            strokeWidth: 2,
          }),
          Plot.lineY(own, {x: 'epoch', y: 'value', stroke: palette.blue, strokeWidth: 1.5}),
          Plot.dot(own, {x: 'epoch', y: 'value', r: 2.4, fill: palette.blue}),
        ],
      }),
    );
  });
  poster
    .text(
      24,
      428,
      ['Of the whole network, with 95 % intervals where a metric has an error: 20 Lanczos steps, 4 probes.'],
      {size: 12},
    )
    .text(WIDTH - 24, 428, ['epoch'], {anchor: 'end'});
  return poster.toString();
}
