// Trains with a sample after each step, and checks that the number of tensors and the memory of the process do not grow.
//
//   npx tsx bench/soak.ts [samples, default 1000] [background]
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {everyBatches, HessianSpectrumCallback} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';

const samples = Number(process.argv[2] ?? 1000);
const background = process.argv[3] === 'background';
const {engine} = await loadTensorFlow();

const {conv2d, maxPooling2d, batchNormalization, flatten, dropout, dense} = tfl.layers;
const model = tfl.sequential({
  layers: [
    conv2d({filters: 4, kernelSize: 3, activation: 'relu', inputShape: [12, 12, 1]}),
    maxPooling2d({poolSize: 2}),
    batchNormalization(),
    flatten(),
    dropout({rate: 0.2}),
    dense({units: 10, activation: 'softmax'}),
  ],
});
model.compile({optimizer: tf.train.adam(), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
const x = tf.randomUniform([160, 12, 12, 1], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.randomUniform([160], 0, 10, 'int32', 2), 10).toFloat();

const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 6, probes: 2, background});
let [taken, failed] = [0, 0];
curvature.samples$.subscribe(() => taken++);
curvature.failures$.subscribe(({error}) => {
  failed++;
  console.error(error);
});

/** Ten steps an epoch. */
async function train(epochs: number): Promise<void> {
  await model.fit(x, y, {epochs, batchSize: 16, verbose: 0, callbacks: [curvature]});
}

const memory = () => ({tensors: tf.memory().numTensors, bytes: tf.memory().numBytes, rss: process.memoryUsage().rss});
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

// Caches, pools and compiled code fill during the first tenth.
const warmUp = Math.ceil(samples / 10);
while (taken < warmUp) await train(1);
const [before, from] = [memory(), taken];
console.log(
  `${engine.name}, ${background ? 'background' : 'foreground'}; after ${taken} samples: ${before.tensors} tensors, ${megabytes(before.rss)}`,
);
let next = samples / 10;
while (taken - from < samples) {
  await train(1);
  if (taken - from < next) continue;
  const now = memory();
  console.log(`+ ${taken - from} samples: ${now.tensors} tensors, RSS ${megabytes(now.rss)}`);
  next += samples / 10;
}
const after = memory();
const growth = (after.rss - before.rss) / (taken - from);
console.log(
  `${taken - from} samples left ${after.tensors - before.tensors} tensors, ${after.bytes - before.bytes} bytes of tensors, ` +
    `${(growth / 1024).toFixed(2)} KB of RSS each; ${failed} failed`,
);
curvature.dispose();
process.exitCode = after.tensors === before.tensors && failed === 0 ? 0 : 1;
