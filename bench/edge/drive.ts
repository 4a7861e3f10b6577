import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {compileTraining, eigenvalues, hessian, stability} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Images} from '../../study/data/images.js';
import type {EdgePoint} from './record.js';
import type {Setting} from './settings.js';

/** Images as rows with the mean image subtracted, which would be one large eigenvalue, and their labels, one-hot. */
export function rowsOf(tf: TensorFlow, {pixels, labels}: Images, count: number): {x: Tensor; y: Tensor} {
  const size = pixels.length / labels.length;
  return {
    x: tf.tidy(() => {
      const rows = tf.div(tf.tensor2d(pixels.subarray(0, count * size), [count, size], 'float32'), 255);
      return tf.sub(rows, tf.mean(rows, 0, true));
    }),
    y: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels.subarray(0, count), 'int32'), 10), 'float32')),
  };
}

/** An MLP with tanh. Its weights start small, so that it starts flat. */
function network(tf: TensorFlow, inputs: number): LayersModel {
  const dense = (units: number, seed: number) => ({
    units,
    kernelInitializer: tf.initializers.varianceScaling({scale: 0.3, mode: 'fanAvg', distribution: 'normal', seed}),
  });
  return tf.sequential({
    layers: [
      tf.layers.dense({...dense(32, 1), activation: 'tanh', inputShape: [inputs]}),
      tf.layers.dense({...dense(32, 2), activation: 'tanh'}),
      tf.layers.dense({...dense(32, 3), activation: 'tanh'}),
      tf.layers.dense(dense(10, 4)),
    ],
  });
}

/** Full-batch training, with a measurement after each `every` steps. */
export async function drive(
  tf: TensorFlow,
  {make, learningRate}: Setting,
  {x, y}: {readonly x: Tensor; readonly y: Tensor},
  {steps, every}: {readonly steps: number; readonly every: number},
): Promise<{readonly parameters: number; readonly points: EdgePoint[]}> {
  const model = network(tf, x.shape[1]!);
  model.compile({optimizer: make(tf, learningRate), loss: 'meanSquaredError'});
  const undo = compileTraining(model);
  const points: EdgePoint[] = [];
  try {
    for (let step = 1; step <= steps; step++) {
      await model.trainOnBatch(x, y);
      if (step % every === 0) points.push(await measure(model, {x, y}, step));
    }
    return {parameters: model.countParams(), points};
  } finally {
    undo();
    model.optimizer.dispose();
    model.dispose();
  }
}

async function measure(model: LayersModel, batch: {x: Tensor; y: Tensor}, step: number): Promise<EdgePoint> {
  const H = await hessian(model, batch);
  try {
    const {sharpness, threshold, ratio} = await stability(H, model.optimizer);
    const {values} = await eigenvalues(H);
    return {step, loss: H.loss, top: values[0]!, sharpness: sharpness.value, threshold, ratio};
  } finally {
    H.dispose();
  }
}
