// Measures, penalizes and stores the curvature of a training: callback, regularizer, streams and sinks in one program.
//
//   npx tsx examples/node/train.ts [--epochs 20 --out folder]
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {attachRegularizer, everyEpochs, forLayer, HessianSpectrumCallback, HessianTraceRegularizer} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {csv, ndjson, summary} from 'tfjs-hessian/sinks';
import {spirals} from './spirals.js';

const {values} = parseArgs({
  options: {epochs: {type: 'string', default: '20'}, out: {type: 'string', default: 'out/node'}},
});
const {out} = values;
mkdirSync(out, {recursive: true});

const {tf} = await loadTensorFlow(); // native, else WebAssembly, else plain JavaScript
const {x, y} = spirals(tf, 600);
const model = tf.sequential({
  layers: [
    tf.layers.dense({name: 'first', units: 24, activation: 'relu', inputShape: [2]}),
    tf.layers.dense({name: 'middle', units: 24, activation: 'relu'}),
    tf.layers.dense({name: 'last', units: 3, activation: 'softmax'}),
  ],
});
model.compile({optimizer: tf.train.adam(0.03), loss: 'categoricalCrossentropy', metrics: ['accuracy']});

// On a compiled model, before fit: the trace of the middle layer's Hessian is added to the loss.
const regularizer = new HessianTraceRegularizer({strength: 1e-3});
const {layers, penalty$} = attachRegularizer(model, regularizer, {layers: 'middle'});
console.log(`Penalized: ${layers.join(', ')}.`);
let penalty = 0;
penalty$.subscribe(({total}) => {
  penalty = total;
});

// Every sample uses the same batch, so that only the network changes.
const curvature = new HessianSpectrumCallback({schedule: everyEpochs(5), batch: {x, y}, steps: 20, probes: 4});
const {samples$, failures$} = curvature;
samples$.subscribe(summary());
samples$.subscribe(ndjson(join(out, 'run.ndjson'), {failures$}));
samples$.subscribe(csv(join(out, 'run.csv'), {failures$}));
curvature
  .metric$('effectiveRank')
  .pipe(forLayer('middle'))
  .subscribe(({value}) => {
    console.log(`  middle layer: effective rank ${value.toFixed(1)}; penalty ${penalty.toPrecision(2)}`);
  });

await model.fit(x, y, {epochs: Number(values.epochs), batchSize: 64, verbose: 0, callbacks: [curvature]});
curvature.dispose(); // completes the streams, and so the sinks
console.log(`${join(out, 'run.ndjson')}, ${join(out, 'run.csv')}`);
