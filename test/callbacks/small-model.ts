import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import type {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches} from '../../src/callbacks/schedules.js';
import type {HessianSample, SampleFailure} from '../../src/streams/hessian-sample.js';

const {dense, batchNormalization, dropout, gaussianNoise} = tfl.layers;

export const seeded = (seed: number) => tfl.initializers.glorotNormal({seed});

export interface SmallModelArgs {
  readonly optimizer?: tf.Optimizer;
  /** The seed of dropout; `null`: it uses `Math.random`. */
  readonly dropoutSeed?: number | null;
}

/** A model with batch norm, dropout and noise, which a careless observer would disturb. */
export function smallModel({optimizer = tf.train.adam(0.01), dropoutSeed = 7}: SmallModelArgs = {}): LayersModel {
  const model = tfl.sequential({
    layers: [
      dense({units: 6, inputShape: [4], activation: 'tanh', kernelInitializer: seeded(1), name: 'first'}),
      batchNormalization({name: 'norm'}),
      dropout(dropoutSeed === null ? {rate: 0.3} : {rate: 0.3, seed: dropoutSeed}),
      ...(dropoutSeed === null ? [gaussianNoise({stddev: 0.1})] : []),
      dense({units: 3, activation: 'softmax', kernelInitializer: seeded(2), name: 'last'}),
    ],
  });
  model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}

/** Two dense layers without randomness. */
export function plainModel(optimizer: tf.Optimizer = tf.train.sgd(0.1)): LayersModel {
  const model = tfl.sequential({
    layers: [
      dense({units: 5, inputShape: [4], activation: 'tanh', kernelInitializer: seeded(1), name: 'first'}),
      dense({units: 3, activation: 'softmax', kernelInitializer: seeded(2), name: 'last'}),
    ],
  });
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  return model;
}

/** 20 rows with 4 features and 3 classes. */
export function smallData(): {x: tf.Tensor; y: tf.Tensor} {
  return tf.tidy(() => ({
    x: tf.randomNormal([20, 4], 0, 1, 'float32', 5),
    y: tf.cast(
      tf.oneHot(
        tf.tensor1d(
          Array.from({length: 20}, (_, i) => i % 3),
          'int32',
        ),
        3,
      ),
      'float32',
    ),
  }));
}

/** A small sample after each step. */
export const everyStep = {schedule: everyBatches(1), steps: 4, probes: 1} as const;

/** Collects the samples and failures of a callback. */
export function collect(callback: HessianSpectrumCallback): {samples: HessianSample[]; failures: SampleFailure[]} {
  const samples: HessianSample[] = [];
  const failures: SampleFailure[] = [];
  callback.samples$.subscribe(sample => samples.push(sample));
  callback.failures$.subscribe(failure => failures.push(failure));
  return {samples, failures};
}

/** A sample without the fields that differ between runs. */
export function timeless({
  time: _,
  run: __,
  cost: ___,
  training: ____,
  ...rest
}: HessianSample): Partial<HessianSample> {
  return rest;
}

/** A callback of class Callback, which tfjs-layers requires beside ours. */
export const callbackOf = (args: tfl.CustomCallbackArgs) => new tfl.CustomCallback(args);
