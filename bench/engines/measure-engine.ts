// Runs in Node and in browsers: it imports nothing of Node.
import type {Rank, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {attachRegularizer, HessianTraceRegularizer, hessian, layerwiseSpectra} from 'tfjs-hessian';
import type {EngineRecord} from '../harness/record.js';
import {summarize} from '../harness/summary.js';

export const [INPUTS, HIDDEN, CLASSES] = [784, 256, 10];

export interface EngineArgs {
  readonly batchSize: number;
  /** Rounds, each with one run of everything but the sample. */
  readonly rounds: number;
  /** Lanczos steps of the sample, of one probe. */
  readonly sampleSteps: number;
}

/** Measures what curvature of an MLP costs on the engine that TensorFlow.js uses now, in that engine's own gradients. */
export async function measureEngine({batchSize, rounds, sampleSteps}: EngineArgs): Promise<EngineRecord> {
  const batch = {
    x: tf.randomUniform([batchSize, INPUTS], 0, 1, 'float32', 1),
    y: tf.tidy(() => tf.cast(tf.oneHot(tf.randomUniform([batchSize], 0, CLASSES, 'int32', 2), CLASSES), 'float32')),
  };
  const [plain, penalized] = [perceptron(), perceptron()];
  attachRegularizer(penalized, new HessianTraceRegularizer({strength: 1e-4}), {layers: 'all'});
  const H = await hessian(plain, batch);
  const v = tf.randomNormal<Rank.R1>([H.size], 0, 1, 'float32', 3);
  const variables = plain.trainableWeights.map(weight => weight.read() as Variable);
  const tasks: Record<string, () => Promise<unknown>> = {
    gradient: () => read(() => Object.values(tf.variableGrads(() => lossOf(plain, batch), variables).grads)),
    'H v held': () => read(() => [H.matvec(v)]),
    'plain step': () => plain.trainOnBatch(batch.x, batch.y),
    'penalized step': () => penalized.trainOnBatch(batch.x, batch.y),
  };
  const times: Record<string, number[]> = {};
  // Two rounds to warm up: the first one compiles shaders, and records products.
  for (let round = -2; round < rounds; round++) {
    for (const [name, run] of Object.entries(tasks)) {
      const milliseconds = await clock(run);
      if (round >= 0) times[name] = [...(times[name] ?? []), milliseconds];
    }
  }
  const sample = await clock(() => layerwiseSpectra(H, {steps: sampleSteps, probes: 1, traceProbes: 0}));
  H.dispose();
  tf.dispose([v, batch.x, batch.y]);
  const gradient = summarize(times.gradient!);
  const over = (name: string, other: string) => summarize(times[name]!.map((time, i) => time / times[other]![i]!));
  return {
    network: `MLP ${INPUTS}-${HIDDEN}-${CLASSES}, batch ${batchSize}`,
    sampleSteps,
    gradient,
    ratios: {
      'H v held': over('H v held', 'gradient'),
      'penalized step': over('penalized step', 'plain step'),
      sample: summarize([sample / gradient.median]),
    },
  };
}

function perceptron(): LayersModel {
  const dense = tfl.layers.dense;
  const model = tfl.sequential({
    layers: [
      dense({
        units: HIDDEN,
        activation: 'relu',
        inputShape: [INPUTS],
        kernelInitializer: tfl.initializers.heNormal({seed: 1}),
      }),
      dense({units: CLASSES, activation: 'softmax', kernelInitializer: tfl.initializers.heNormal({seed: 2})}),
    ],
  });
  model.compile({optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy'});
  return model;
}

function lossOf(model: LayersModel, {x, y}: {x: Tensor; y: Tensor}): tf.Scalar {
  return tf.mean(tfl.metrics.categoricalCrossentropy(y, model.apply(x, {training: true}) as Tensor));
}

/** Waits for the numbers: on a GPU, kernels are only submitted before. */
async function read(make: () => Tensor[]): Promise<void> {
  const tensors = tf.tidy(make);
  for (const tensor of tensors) await tensor.data();
  tf.dispose(tensors);
}

async function clock(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}
