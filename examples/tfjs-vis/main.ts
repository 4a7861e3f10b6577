// Curvature in the charts of tfjs-vis, which read it from the logs as they read the loss.
//
//   npx vite examples/tfjs-vis          (?backend=cpu without WebGL)
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import * as tfl from '@tensorflow/tfjs-layers';
import {render, show} from '@tensorflow/tfjs-vis';
import {densityOf, everyEpochs, HessianSpectrumCallback} from 'tfjs-hessian';

const query = new URLSearchParams(location.search);
await tf.setBackend(query.get('backend') ?? 'webgl');
const epochs = Number(query.get('epochs') ?? 15);

const model = tfl.sequential({
  layers: [
    tfl.layers.dense({name: 'hidden', units: 12, activation: 'tanh', inputShape: [4]}),
    tfl.layers.dense({name: 'output', units: 3, activation: 'softmax'}),
  ],
});
model.compile({optimizer: tf.train.adam(0.05), loss: 'categoricalCrossentropy'});
const x = tf.randomNormal([128, 4], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.argMax(x.slice([0, 0], [128, 3]), 1), 3).toFloat();

const curvature = new HessianSpectrumCallback({schedule: everyEpochs(1), batch: {x, y}, steps: 12, probes: 2});
curvature.samples$.subscribe(({full}) => {
  // One eigenvalue per parameter, from the density's quantiles.
  const density = densityOf(full.density);
  const eigenvalues = Array.from({length: full.parameters}, (_, i) => density.quantile((i + 0.5) / full.parameters));
  void render.histogram(element('spectrum'), eigenvalues, {height: 240, maxBins: 40});
});

// tfjs-vis uses the names as selectors, in which a slash is an error.
const chartName = (metric: string) => metric.replaceAll('/', '·');
const renamed = <T>(logs: Readonly<Record<string, T>>) =>
  Object.fromEntries(Object.entries(logs).map(([metric, value]) => [chartName(metric), value]));

const metrics = ['loss', 'hessian/trace', 'hessian/hidden/top', 'hessian/output/top'];
const charts = show.fitCallbacks(element('training'), metrics.map(chartName), {callbacks: ['onEpochEnd'], height: 180});
const {history} = await model.fit(x, y, {
  epochs,
  verbose: 0,
  // All callbacks in a list must be of class Callback, or all plain objects.
  callbacks: [
    curvature,
    new tfl.CustomCallback({onEpochEnd: (epoch, logs) => charts.onEpochEnd!(epoch, renamed(logs ?? {}) as tfl.Logs)}),
  ],
});
curvature.dispose();
const afterwards = {history: renamed(history) as Record<string, number[]>};
await show.history(element('history'), afterwards, ['hessian/trace', 'hessian/top'].map(chartName), {height: 180});
element('status').textContent = `Trained for ${epochs} epochs on ${tf.getBackend()}.`;

function element(id: string): HTMLElement {
  return document.getElementById(id)!;
}
