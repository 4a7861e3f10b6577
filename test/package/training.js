// Trains a small network with the callback and the regularizer, the same in Node and in a page, and gives numbers.
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {attachRegularizer, everyEpochs, HessianSpectrumCallback, HessianTraceRegularizer} from 'tfjs-hessian';

const rows = 16;

/** @param {string} backend */
export async function train(backend) {
  await tf.setBackend(backend);
  const x = tf.tensor2d(
    Array.from({length: rows * 4}, (_, i) => Math.sin(3 * i + 1)),
    [rows, 4],
  );
  const y = tf.oneHot(
    tf.tensor1d(
      Array.from({length: rows}, (_, i) => i % 3),
      'int32',
    ),
    3,
  );
  const layer = (args, seed) => tfl.layers.dense({...args, kernelInitializer: tfl.initializers.glorotUniform({seed})});
  const model = tfl.sequential({
    layers: [
      layer({name: 'first', units: 6, inputShape: [4], activation: 'tanh'}, 1),
      layer({name: 'middle', units: 5, activation: 'relu'}, 2),
      layer({name: 'last', units: 3, activation: 'softmax'}, 3),
    ],
  });
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
  const {penalty$, detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-2}), {
    layers: 'middle',
  });
  const penalties = [];
  penalty$.subscribe(({total}) => penalties.push(total));
  const curvature = new HessianSpectrumCallback({schedule: everyEpochs(1), steps: 4, probes: 2});
  const traces = [];
  const tops = [];
  curvature.metric$('trace').subscribe(({value}) => traces.push(value));
  curvature.metric$('top').subscribe(({value}) => tops.push(value));
  const args = {epochs: 2, batchSize: 8, shuffle: false, verbose: 0, callbacks: [curvature]};
  const {history} = await model.fit(x, y, args);
  const weights = await Promise.all(model.getWeights().map(async weight => [...(await weight.data())]));
  curvature.dispose();
  detach();
  return {losses: history.loss, traces, tops, penalties, weights: weights.flat()};
}
