import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {gaussNewton} from '../../src/operators/gauss-newton.js';
import {hessian} from '../../src/operators/hessian.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {randomBits, uniform} from '../../src/random.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import type {EngineName} from '../engines.js';
import {engines, useEngine} from '../engines.js';
import {relativeError} from '../references.js';
import {gradientOfStep, minus} from './training.js';

const {layers: of} = layers;

interface TiedSample {
  readonly name: string;
  readonly shape: readonly number[];
  readonly max: () => layers.layers.Layer;
  readonly mean: () => layers.layers.Layer;
}

const samples: TiedSample[] = [
  {
    name: 'globalMaxPooling1d of a token that is repeated',
    shape: [6],
    max: () => of.globalMaxPooling1d({}),
    mean: () => of.globalAveragePooling1d({}),
  },
  {
    name: 'globalMaxPooling2d of a blank image',
    shape: [3, 4],
    max: () => of.globalMaxPooling2d({}),
    mean: () => of.globalAveragePooling2d({}),
  },
  {
    name: 'maxPooling2d of a blank image',
    shape: [4, 4],
    max: () => of.maxPooling2d({poolSize: 2}),
    mean: () => of.averagePooling2d({poolSize: 2}),
  },
  {
    name: 'overlapping maxPooling2d of a blank image',
    shape: [4, 3],
    max: () => of.maxPooling2d({poolSize: 3, strides: 1, padding: 'same'}),
    mean: () => of.averagePooling2d({poolSize: 3, strides: 1, padding: 'same'}),
  },
  {
    name: 'maxPooling3d of a blank volume',
    shape: [2, 4, 2],
    max: () => of.maxPooling3d({poolSize: 2} as never),
    mean: () => of.averagePooling3d({poolSize: 2} as never),
  },
];

// All elements are the same function of the weights there: the maximum is one of them, and so is the mean.
describe.each<EngineName>([...engines, 'wasm'])('a maximum of equal elements is one of them, on %s:', engine => {
  beforeAll(() => useEngine(engine));

  it.each(samples)('$name', async ({shape, max, mean}) => {
    const ofMax = await measured(smallModel(max(), shape), shape);
    const ofMean = await measured(smallModel(mean(), shape), shape);
    expect(Math.hypot(...ofMean.form)).toBeGreaterThan(0.01);
    for (const what of ['gradient', 'dense', 'blocks', 'sandwich', 'form', 'penalty'] as const) {
      expect(relativeError(ofMax[what], ofMean[what]), what).toBeLessThan(1e-5);
    }
  });
});

it('training itself uses the gradient of TensorFlow.js', async () => {
  await useEngine('cpu');
  const {max, shape} = samples[0]!;
  const model = smallModel(max(), shape);
  const plain = gradientOfStep(model, smallBatch(shape));
  const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-30}));
  expect(gradientOfStep(model, smallBatch(shape))).toEqual(plain);
  detach();
});

async function measured(model: layers.Sequential, shape: readonly number[]) {
  const batch = smallBatch(shape);
  const H = await hessian(model, batch);
  const G = await gaussNewton(model, batch);
  const values = (tensor: tf.Tensor) => {
    const read = [...tensor.dataSync()];
    tensor.dispose();
    return read;
  };
  const direction = values(tf.randomNormal([H.layers[0]!.size], 0, 1, 'float32', 9));
  const result = {
    gradient: values(H.gradient()),
    dense: values(tf.tidy(() => H.matmat(tf.eye(H.size)))),
    blocks: H.layers.flatMap(({name, size}) => values(tf.tidy(() => H.block(name).matmat(tf.eye(size))))),
    sandwich: values(tf.tidy(() => G.matmat(tf.eye(G.size)))),
  };
  H.dispose();
  G.dispose();
  const {gradient} = await quadraticForm(model, batch, {layer: 'first', direction});
  const plain = gradientOfStep(model, batch);
  const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 100, seed: 3}));
  const penalty = minus(gradientOfStep(model, batch), plain, 100);
  detach();
  return {...result, form: values(gradient), penalty};
}

function smallModel(layer: layers.layers.Layer, shape: readonly number[]): layers.Sequential {
  const random = (seed: number) => layers.initializers.randomNormal({stddev: 0.7, seed});
  const model = layers.sequential({
    layers: [
      // Above zero: of other windows WebAssembly's pool of volumes makes zero.
      of.dense({
        ...{name: 'first', units: 3, inputShape: [...shape, 2], activation: 'sigmoid'},
        kernelInitializer: random(1),
      }),
      layer,
      ...(layer.getClassName().startsWith('Global') ? [] : [of.flatten()]),
      of.dense({name: 'last', units: 2, activation: 'softmax', kernelInitializer: random(2)}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  return model;
}

/** Samples that are the same everywhere. */
function smallBatch(shape: readonly number[]) {
  const bits = randomBits(7, 0);
  const places = shape.reduce((a, b) => a * b, 1);
  const x = Array.from({length: 3}, () => {
    const token = [2 * uniform(bits) - 1, 2 * uniform(bits) - 1];
    return Array.from({length: places}, () => token).flat();
  }).flat();
  return {x: tf.tensor(x, [3, ...shape, 2]), y: tf.tensor2d([[1, 0], [0, 1], [1, 0]])}; // biome-ignore format: rows
}
