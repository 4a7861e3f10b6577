import * as Plot from '@observablehq/plot';
import type {HessianSample, MetricPoint} from 'tfjs-hessian';
import {densityOf} from 'tfjs-hessian';

const NETWORK = 'whole network';
// Okabe and Ito's, which colour-blind people can tell apart.
const range = ['#7f7f7f', '#0072b2', '#e69f00', '#009e73', '#d55e00'];

/** A number of each layer by training step. */
export function lines(points: readonly MetricPoint[]) {
  const name = ({layer}: MetricPoint) => layer ?? NETWORK;
  const low = ({value, standardError}: MetricPoint) => value - (standardError ?? 0);
  const high = ({value, standardError}: MetricPoint) => value + (standardError ?? 0);
  return Plot.plot({
    height: 260,
    width: 460,
    x: {label: 'step'},
    y: {label: null, zero: true, grid: true},
    color: {domain: [...new Set(points.map(name))], range, legend: true},
    marks: [
      Plot.areaY(points, {x: 'step', y1: low, y2: high, z: name, fill: name, fillOpacity: 0.2}),
      Plot.lineY(points, {x: 'step', y: 'value', z: name, stroke: name, marker: 'dot'}),
    ],
  });
}

// An axis that is linear near zero and logarithmic away from it: ln(x + √(x² + 1)) of so many hundredths.
const place = (eigenvalue: number) => Math.asinh(eigenvalue / 0.01);
const labels = [-100, -10, -1, -0.1, 0, 0.1, 1, 10, 100];

/** The spectral density of the network and of each layer. */
export function densities({full, layers}: HessianSample) {
  const blocks = [{name: NETWORK, ...full}, ...layers];
  const places = blocks.flatMap(({density}) => density.nodes.flat().map(place));
  const [least, most] = [Math.min(0, ...places) - 1, Math.max(...places) + 1];
  const grid = Array.from({length: 200}, (_, i) => least + ((most - least) * i) / 199);
  const points = blocks.flatMap(({name, parameters, density: {nodes, weights}}) => {
    const moved = densityOf({nodes: nodes.map(probe => probe.map(place)), weights});
    const shares = moved.evaluate(grid, {bandwidth: 0.15}).density;
    return grid.map((at, i) => ({name, at, height: Math.log10(1 + parameters * shares[i]!)}));
  });
  return Plot.plot({
    height: 70 * blocks.length,
    width: 960,
    marginLeft: 100,
    x: {
      label: 'eigenvalue',
      ticks: labels.map(place).filter(at => at > least && at < most),
      tickFormat: (at: number) => String(labels.find(label => place(label) === at)),
    },
    y: {axis: null},
    fy: {label: null, domain: blocks.map(({name}) => name)},
    color: {domain: blocks.map(({name}) => name), range},
    marks: [
      Plot.areaY(points, {x: 'at', y: 'height', fy: 'name', fill: 'name', fillOpacity: 0.3}),
      Plot.lineY(points, {x: 'at', y: 'height', fy: 'name', stroke: 'name'}),
      Plot.ruleX([0], {strokeOpacity: 0.3}),
    ],
  });
}
