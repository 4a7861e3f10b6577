import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Engine, TensorFlow} from '../../engine/load.js';
import {deriveSeed} from '../../random.js';
import {SIDE} from './data.js';

/** The size of the demo that an engine can train in half a minute. */
export interface Plan {
  /** A description of the network, with its article. */
  readonly network: string;
  /** Builds the model. The same seed gives the same initial weights. */
  build(tf: TensorFlow, seed: number): LayersModel;
  readonly sizes: {readonly training: number; readonly test: number};
  readonly batchSize: number;
  /** Lanczos steps of a sample. */
  readonly steps: number;
  readonly probes: number;
}

const convolutional: Plan = {
  network: 'a small CNN',
  build: (tf, seed) =>
    compiled(tf, [
      tf.layers.conv2d({
        ...{name: 'conv_8', filters: 8, kernelSize: 3, inputShape: [SIDE, SIDE, 1]},
        ...relu(tf, seed, 0),
      }),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.conv2d({name: 'conv_16', filters: 16, kernelSize: 3, ...relu(tf, seed, 1)}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      tf.layers.dense({name: 'dense_32', units: 32, ...relu(tf, seed, 2)}),
      tf.layers.dense({name: 'dense_10', units: 10, ...relu(tf, seed, 3), activation: 'softmax'}),
    ]),
  ...{sizes: {training: 8000, test: 1000}, batchSize: 128, steps: 12, probes: 3},
};

/** WebAssembly cannot train convolutions, and in plain JavaScript they would be slow. */
const dense: Plan = {
  network: 'a small MLP (a CNN on the native engine: `npx tfjs-hessian setup`)',
  build: (tf, seed) =>
    compiled(tf, [
      tf.layers.flatten({inputShape: [SIDE, SIDE, 1]}),
      tf.layers.dense({name: 'dense_48', units: 48, ...relu(tf, seed, 0)}),
      tf.layers.dense({name: 'dense_32', units: 32, ...relu(tf, seed, 1)}),
      tf.layers.dense({name: 'dense_10', units: 10, ...relu(tf, seed, 2), activation: 'softmax'}),
    ]),
  ...{sizes: {training: 6000, test: 1000}, batchSize: 128, steps: 12, probes: 3},
};

export function planFor({name}: Engine): Plan {
  if (name === 'gpu' || name === 'native') return convolutional;
  return name === 'wasm' ? dense : {...dense, sizes: {training: 1500, test: 500}, batchSize: 64, steps: 8, probes: 2};
}

function relu(tf: TensorFlow, seed: number, layer: number) {
  // TensorFlow.js treats a seed of 0 as no seed.
  const kernelInitializer = tf.initializers.heNormal({seed: 1 + deriveSeed(seed, 'weights', layer)});
  return {activation: 'relu', kernelInitializer} as const;
}

type Layers = NonNullable<NonNullable<Parameters<TensorFlow['sequential']>[0]>['layers']>;

function compiled(tf: TensorFlow, layers: Layers): LayersModel {
  const model = tf.sequential({layers});
  model.compile({optimizer: tf.train.adam(2e-3), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}
