// Curvature in TensorBoard, beside the loss that tfjs-node's own callback writes.
//
//   npx tsx examples/tensorboard/train.ts [--epochs 10 --logdir folder]
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs-node-gpu';
import {HessianSpectrumCallback} from 'tfjs-hessian';
import {tensorBoard} from 'tfjs-hessian/sinks';

const {values} = parseArgs({
  options: {epochs: {type: 'string', default: '10'}, logdir: {type: 'string', default: 'out/tensorboard'}},
});
const {logdir} = values;

const model = tf.sequential({
  layers: [
    tf.layers.dense({name: 'hidden', units: 16, activation: 'tanh', inputShape: [4]}),
    tf.layers.dense({name: 'output', units: 3, activation: 'softmax'}),
  ],
});
model.compile({optimizer: tf.train.adam(0.02), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
const x = tf.randomNormal([512, 4], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.argMax(x.slice([0, 0], [512, 3]), 1), 3).toFloat();

const curvature = new HessianSpectrumCallback({batch: {x, y}, probes: 4});
// Each layer's spectrum as a histogram, and as a picture if the packages that draw are installed.
curvature.samples$.subscribe(tensorBoard(logdir, {images: true, failures$: curvature.failures$}));
await model.fit(x, y, {
  epochs: Number(values.epochs),
  verbose: 0,
  validationSplit: 0.2,
  callbacks: [curvature, tf.node.tensorBoard(logdir)],
});
curvature.dispose();
console.log(`tensorboard --logdir ${logdir}`);
