// Lowers a learning rate that is too high: a stream reports when the top eigenvalue exceeds 2 / learning rate.
//
//   npx tsx examples/callbacks/edge-of-stability.ts
import type {SGDOptimizer} from '@tensorflow/tfjs-core';
import {everyBatches, forLayer, HessianSpectrumCallback, whenAbove} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';

const {tf} = await loadTensorFlow({warn: () => {}});
const model = tf.sequential({
  layers: [
    tf.layers.dense({
      units: 16,
      activation: 'tanh',
      inputShape: [8],
      kernelInitializer: tf.initializers.glorotNormal({seed: 1}),
    }),
    tf.layers.dense({units: 1, kernelInitializer: tf.initializers.glorotNormal({seed: 2})}),
  ],
});
model.compile({optimizer: tf.train.sgd(2), loss: 'meanSquaredError'});
const x = tf.randomNormal([256, 8], 0, 1, 'float32', 3);
const y = tf.sin(tf.sum(x, 1, true));

// The batch is the whole data set; then 2 / learning rate is the edge of stability.
const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), layers: [model.layers[0]!.name], steps: 8});
const sharpness$ = curvature.metric$('edgeOfStability').pipe(forLayer(null));
sharpness$.pipe(whenAbove(1)).subscribe(({step, value}) => {
  const {learningRate} = model.optimizer.getConfig() as {learningRate: number};
  const lower = learningRate / (1.1 * value);
  console.log(
    `step ${step}: learning rate × top / 2 = ${value.toFixed(2)}; ${learningRate.toFixed(4)} → ${lower.toFixed(4)}`,
  );
  (model.optimizer as SGDOptimizer).setLearningRate(lower);
});

const {history} = await model.fit(x, y, {epochs: 60, batchSize: 256, verbose: 0, callbacks: [curvature]});
const losses = history.loss as number[];
console.log(`loss ${losses[0]!.toFixed(3)} → ${losses.at(-1)!.toFixed(3)}`);
curvature.dispose();
