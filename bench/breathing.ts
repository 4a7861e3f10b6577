// How long a timer of the user is held up while the callback samples a model of a million parameters.
//
//   npx tsx bench/breathing.ts [native | wasm | cpu]
import {everyBatches, HessianSpectrumCallback} from 'tfjs-hessian';
import {type EngineName, loadTensorFlow} from 'tfjs-hessian/node';

const BATCH = 64;
/** Milliseconds. */
const EVERY = 10;

const {tf, engine} = await loadTensorFlow({prefer: (process.argv[2] ?? 'native') as EngineName});
const model = tf.sequential({
  layers: [
    tf.layers.dense({units: 800, inputShape: [784], activation: 'relu'}),
    tf.layers.dense({units: 450, activation: 'relu'}),
    tf.layers.dense({units: 10, activation: 'softmax'}),
  ],
});
model.compile({optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy'});
const x = tf.randomUniform([BATCH, 784], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.randomUniform([BATCH], 0, 10, 'int32', 2), 10).toFloat();

const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 10});
curvature.failures$.subscribe(({error}) => console.error(error));
// The first sample compiles the products.
const milliseconds: number[] = [];
curvature.samples$.subscribe(({cost}) => milliseconds.push(cost.milliseconds));
let waits: number[] = [];
let last = performance.now();
const timer = setInterval(() => {
  const now = performance.now();
  waits.push(now - last - EVERY);
  last = now;
}, EVERY);
for (const fit of ['first', 'second', 'third']) {
  waits = [];
  last = performance.now();
  await model.fit(x, y, {epochs: 1, batchSize: BATCH, verbose: 0, callbacks: [curvature]});
  const sorted = [...waits].sort((a, b) => b - a);
  const shown = sorted.slice(0, 5).map(wait => Math.round(wait));
  console.log(
    `${engine.package}, ${model.countParams().toLocaleString('en')} parameters, ${fit} sample, ${Math.round(milliseconds.at(-1)!)} ms: ` +
      `${waits.length} turns; the timer was held up for ${shown.join(', ')}, … ms`,
  );
}
clearInterval(timer);
curvature.dispose();
