import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel, Sequential} from '@tensorflow/tfjs-layers';
import type {Estimate, RitzValue} from 'tfjs-hessian';
import {attachRegularizer, everyEpochs, HessianSpectrumCallback, HessianTraceRegularizer} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Examples} from '../mnist/data.js';
import type {Options} from './options.js';

/** One way to regularize. */
export interface Variant {
  readonly name: string;
  build(tf: TensorFlow): LayersModel;
}

export interface Epoch {
  readonly epoch: number;
  /** The mean over the epoch of what training minimizes, with penalties. */
  readonly loss: number;
  /** On the test images. */
  readonly accuracy: number;
  /** Of the Hessian of the data loss on 250 of the training images: the sum over layers of their blocks' traces. */
  readonly trace: Estimate;
  readonly top: RitzValue;
}

export interface Run {
  readonly variant: string;
  readonly repeat: number;
  readonly epochs: readonly Epoch[];
  /** In `fit`. */
  readonly seconds: number;
}

export function variants({strength, l2}: Options): Variant[] {
  const penalized = (layers: 'all' | 'middle') => (tf: TensorFlow) => {
    const model = cnn(tf);
    attachRegularizer(model, new HessianTraceRegularizer({strength}), {layers});
    return model;
  };
  return [
    {name: 'none', build: tf => cnn(tf)},
    {name: 'L2', build: tf => cnn(tf, l2)},
    {name: 'trace, all layers', build: penalized('all')},
    {name: 'trace, middle layers', build: penalized('middle')},
  ];
}

function cnn(tf: TensorFlow, l2 = 0): Sequential {
  const layer = (seed: number) => ({
    kernelInitializer: tf.initializers.heNormal({seed}),
    ...(l2 > 0 && {kernelRegularizer: tf.regularizers.l2({l2})}),
  });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({...layer(1), filters: 8, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1]}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.conv2d({...layer(2), filters: 16, kernelSize: 3, activation: 'relu'}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      tf.layers.dense({...layer(3), units: 64, activation: 'relu'}),
      tf.layers.dense({...layer(4), units: 10, activation: 'softmax'}),
    ],
  });
  model.compile({optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}

export async function train(
  tf: TensorFlow,
  variant: Variant,
  repeat: number,
  data: {readonly train: Examples; readonly test: Examples},
  {epochs, batchSize}: Options,
): Promise<Run> {
  const model = variant.build(tf);
  const curvature = new HessianSpectrumCallback({
    schedule: everyEpochs(Math.ceil(epochs / 6)),
    batch: {x: data.train.x, y: data.train.y},
    subBatch: 250,
    steps: 8,
    probes: 4,
    seed: repeat,
  });
  const seen: Epoch[] = [];
  curvature.samples$.subscribe(({epoch, full, layers}) => {
    const accuracy = tf.tidy(() => {
      const [, share] = model.evaluate(data.test.x, data.test.y) as [Tensor, Tensor];
      return share.dataSync()[0]!;
    });
    // The traces of the layers are estimated separately, so their variances add.
    const trace = {
      value: layers.reduce((sum, layer) => sum + layer.trace.value, 0),
      standardError: Math.hypot(...layers.map(layer => layer.trace.standardError ?? 0)),
      probes: layers[0]!.trace.probes,
    };
    seen.push({epoch: epoch + 1, loss: Number.NaN, accuracy, trace, top: full.largest[0]!});
  });
  const start = performance.now();
  const {history} = await model.fit(data.train.x, data.train.y, {
    ...{epochs, batchSize, shuffle: false, verbose: 0},
    callbacks: [curvature],
  });
  curvature.dispose();
  const losses = history.loss as number[];
  return {
    variant: variant.name,
    repeat,
    epochs: seen.map(point => ({...point, loss: losses[point.epoch - 1]!})),
    seconds: (performance.now() - start) / 1000,
  };
}
