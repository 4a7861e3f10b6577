// A CNN learns digits on WebGL while the page draws the spectra of its layers. The server only serves files.
//
//   npx vite examples/browser
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgl';
import * as tfl from '@tensorflow/tfjs-layers';
import {scan} from 'rxjs';
import type {MetricPoint} from 'tfjs-hessian';
import {attachRegularizer, everyBatches, HessianSpectrumCallback, HessianTraceRegularizer} from 'tfjs-hessian';
import {densities, lines} from './charts.js';
import {loadDigits} from './digits.js';
import {network} from './network.js';
import {settings} from './settings.js';

await tf.setBackend('webgl');
const {x, y} = await loadDigits(settings.images);
const model = network();

if (settings.penalty !== 'none') {
  attachRegularizer(model, new HessianTraceRegularizer({strength: settings.strength}), {layers: settings.penalty});
}

const worker = () => new Worker(new URL('./curvature-worker.ts', import.meta.url), {type: 'module'});
const curvature = new HessianSpectrumCallback({
  schedule: everyBatches(settings.every),
  batch: {x: tf.slice(x, 0, 64), y: tf.slice(y, 0, 64)}, // always the same, so that what changes is the network
  steps: 10,
  probes: 2,
  background: settings.samples === 'worker' && {worker},
});
curvature.samples$.subscribe(sample => show('spectra', densities(sample)));
curvature
  .metric$('trace')
  .pipe(collected())
  .subscribe(points => show('trace', lines(points)));
curvature
  .metric$('top')
  .pipe(collected())
  .subscribe(points => show('top', lines(points)));
curvature.failures$.subscribe(({error}) => say(error.message));

say(`Training on ${tf.getBackend()} …`);
const told = new tfl.CustomCallback({
  onEpochEnd: (epoch, logs) => {
    say(`Epoch ${epoch + 1} of ${settings.epochs}: loss ${logs!.loss!.toFixed(3)}, accuracy ${logs!.acc!.toFixed(3)}`);
  },
});
await model.fit(x, y, {epochs: settings.epochs, batchSize: 64, verbose: 0, callbacks: [curvature, told]});
curvature.dispose();
say(`${document.getElementById('status')!.textContent}. Done.`);

/** All points so far. */
function collected() {
  return scan<MetricPoint, MetricPoint[]>((points, point) => [...points, point], []);
}

function show(section: string, chart: Element): void {
  document.querySelector(`#${section} figure`)!.replaceChildren(chart);
}

function say(text: string): void {
  document.getElementById('status')!.textContent = text;
}
