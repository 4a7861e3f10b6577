import * as Plot from '@observablehq/plot';
import type {Moment} from './moments.js';
import type {Columns} from './style.js';
import {colors, plotStyle} from './style.js';

/** Each block's trace over the optimizer's steps, with its standard error. */
export function traces(moments: readonly Moment[], columns: Columns) {
  const points = moments.map(({run, block, step, spectrum: {trace}}) => ({
    run,
    block,
    // The error bars of the runs are side by side.
    step: step * 1.06 ** (columns.runs.indexOf(run) - (columns.runs.length - 1) / 2),
    trace: trace.value,
    low: trace.value - (trace.standardError ?? 0),
    high: trace.value + (trace.standardError ?? 0),
  }));
  const positive = points.flatMap(({trace, low, high}) => [low, trace, high]).filter(value => value > 0);
  const domain = [Math.min(...positive) / 1.3, Math.max(...positive) * 1.3];
  const powers = [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6].map(n => 10 ** n).filter(p => p > domain[0]! && p < domain[1]!);
  const lastStep = Math.max(...moments.map(({step}) => step));
  const steps = [1, 10, 100, 1000].filter(step => step <= lastStep);
  const stroke = ({run}: {run: string}) => columns.color(run);
  return Plot.plot({
    ...plotStyle(columns),
    height: 180,
    marginTop: 6,
    x: {type: 'log', domain: [lastStep ** -0.04, lastStep ** 1.04]},
    y: {type: 'log', domain, clamp: true},
    marks: [
      Plot.ruleY(powers, {stroke: colors.rule}),
      Plot.ruleX(points, {fx: 'block', x: 'step', y1: 'low', y2: 'high', stroke, strokeWidth: 1.4}),
      Plot.lineY(points, {fx: 'block', x: 'step', y: 'trace', z: 'run', stroke, strokeWidth: 1.4}),
      Plot.dot(points, {fx: 'block', x: 'step', y: 'trace', r: 3, fill: stroke, stroke: colors.paper}),
      Plot.axisY(powers, {tickFormat: String, tickSize: 0, tickPadding: 8, label: null}),
      Plot.axisX(steps, {tickFormat: String, tickSize: 4, label: null}),
    ],
  });
}
