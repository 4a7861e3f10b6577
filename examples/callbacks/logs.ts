// Curvature in the logs: earlyStopping, TensorBoard and a tfjs-vis chart read it in the same way as the loss.
//
//   npx tsx examples/callbacks/logs.ts [folder for TensorBoard]
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-node-gpu';
import {HessianSpectrumCallback} from 'tfjs-hessian';

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'curvature-'));
const model = tf.sequential({
  layers: [
    tf.layers.dense({units: 8, activation: 'tanh', inputShape: [4], name: 'hidden'}),
    tf.layers.dense({units: 3, activation: 'softmax', name: 'output'}),
  ],
});
model.compile({optimizer: tf.train.adam(0.05), loss: 'categoricalCrossentropy'});
const x = tf.randomNormal([128, 4], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.argMax(x.slice([0, 0], [128, 3]), 1), 3).toFloat();

/** Like `tfvis.show.fitCallbacks(container, metrics)`: a plain object that reads its metrics from the logs. */
const chart = (metrics: string[]) => ({
  onEpochEnd: async (epoch: number, logs?: tf.Logs) => {
    console.log(epoch, metrics.map(metric => `${metric} ${Number(logs?.[metric]).toFixed(4)}`).join('  '));
  },
});

const curvature = new HessianSpectrumCallback();
await model.fit(x, y, {
  epochs: 30,
  verbose: 0,
  callbacks: [
    curvature,
    new tf.CustomCallback(chart(['loss', 'hessian/trace', 'hessian/hidden/top'])),
    tf.node.tensorBoard(folder),
    tf.callbacks.earlyStopping({monitor: 'hessian/trace', patience: 5}),
  ],
});
console.log(`tensorboard --logdir ${folder}`);
curvature.dispose();
