import type {Scalar} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Examples} from '../../mnist/data.js';
import {smallNetwork} from '../small-network.js';
import type {Contender} from './contenders.js';

export interface Score {
  readonly loss: number;
  readonly accuracy: number;
}

export interface Outcome {
  readonly trainingLoss: number;
  readonly validation: Score;
  readonly test: Score;
  readonly seconds: number;
  /** The share of entries that Sophia clipped; `null` for other optimizers. */
  readonly clipped: number | null;
}

const BATCH = 50;

/** Trains a new network, always from the same weights and with the same batches. */
export async function train(
  tf: TensorFlow,
  {optimizer, sophia}: Contender,
  data: {readonly train: Examples; readonly validation: Examples; readonly test: Examples},
  epochs: number,
): Promise<Outcome> {
  const model = smallNetwork(tf);
  model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const began = performance.now();
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let from = 0; from + BATCH <= data.train.x.shape[0]!; from += BATCH) {
      const x = data.train.x.slice([from, 0], [BATCH, -1]);
      const y = data.train.y.slice([from, 0], [BATCH, -1]);
      if (sophia && step % sophia.every === 0) await sophia.optimizer.observe(model, {x, y});
      await model.trainOnBatch(x, y);
      tf.dispose([x, y]);
      step++;
    }
  }
  const seconds = (performance.now() - began) / 1000;
  const outcome = {
    trainingLoss: score(model, data.train).loss,
    validation: score(model, data.validation),
    test: score(model, data.test),
    seconds,
    clipped: sophia?.optimizer.clipped ?? null,
  };
  model.dispose();
  optimizer.dispose();
  return outcome;
}

function score(model: LayersModel, {x, y}: Examples): Score {
  const [loss, accuracy] = (model.evaluate(x, y, {batchSize: 1000}) as Scalar[]).map(scalar => {
    const value = scalar.dataSync()[0]!;
    scalar.dispose();
    return value;
  });
  return {loss: loss!, accuracy: accuracy!};
}
