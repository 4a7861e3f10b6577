import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {hessian} from '../../src/operators/hessian.js';
import {quadraticForm} from '../../src/operators/quadratic-form.js';
import {randomBits, uniform} from '../../src/random.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {namesOfKernels} from '../../src/tfjs-internals/core/kernels.js';
import {useEngine} from '../engines.js';
import {relativeError} from '../references.js';
import {gradientOfStep, minus, runStep} from './training.js';

const {layers: of} = layers;
const overEdge = {padding: 'same'} as const;

/** Layers that some engine of TensorFlow.js differentiates wrongly, on maps of 5 × 4, or of 3 × 4 × 2. */
const maps: Record<string, () => layers.layers.Layer> = {
  'max pooling, apart': () => of.maxPooling2d({poolSize: 2, strides: 3, ...overEdge}),
  'max pooling, side by side': () => of.maxPooling2d({poolSize: 2, ...overEdge}),
  'max pooling, overlapping': () => of.maxPooling2d({poolSize: 3, strides: 1, ...overEdge}),
  'max pooling, valid': () => of.maxPooling2d({poolSize: [2, 3], strides: [2, 1]}),
  'average pooling, side by side': () => of.averagePooling2d({poolSize: 2, ...overEdge}),
  'average pooling, overlapping': () => of.averagePooling2d({poolSize: 3, strides: 2, ...overEdge}),
  upsampling: () => of.upSampling2d({size: [2, 3]}),
};
const volumes: Record<string, () => layers.layers.Layer> = {
  'max pooling of volumes': () => of.maxPooling3d({poolSize: [2, 3, 1], strides: [2, 3, 1], ...overEdge} as never),
  'max pooling of volumes, overlapping': () => of.maxPooling3d({poolSize: 2, strides: 1, ...overEdge} as never),
  'average pooling of volumes': () => of.averagePooling3d({poolSize: 2, ...overEdge} as never),
};

const cases = [
  ...Object.entries(maps).map(([name, layer]) => ({name, layer, shape: [5, 4], activation: 'tanh' as const})),
  // Of windows in which all is negative WebAssembly's own pool of volumes makes zero.
  ...Object.entries(volumes).map(([name, layer]) => ({name, layer, shape: [3, 4, 2], activation: 'sigmoid' as const})),
];

// The native engine's own gradients of these are right, and are tested against float64.
describe.each(['cpu', 'wasm'] as const)('on %s as on the native engine', engine => {
  it.each(cases)('curvature and penalty go through $name', async sample => {
    const [here, native] = [await measured(engine, sample), await measured('native', sample)];
    expect(relativeError(here.product, native.product)).toBeLessThan(1e-5);
    expect(relativeError(here.formGradient, native.formGradient)).toBeLessThan(1e-5);
    expect(relativeError(here.penaltyGradient, native.formGradient)).toBeLessThan(1e-5);
    expect(relativeError(native.penaltyGradient, native.formGradient)).toBeLessThan(1e-5);
  });
});

async function measured(engine: 'native' | 'cpu' | 'wasm', {layer, shape, activation}: (typeof cases)[number]) {
  await useEngine(engine);
  const model = smallModel(layer(), shape, activation);
  const batch = smallBatch(shape);
  const H = await hessian(model, batch);
  const bits = randomBits(5, 0);
  const v = tf.tensor1d(Array.from({length: H.size}, () => uniform(bits) - 0.5));
  const product = [...H.matvec(v).dataSync()];
  H.dispose();
  const penalty = new HessianTraceRegularizer({strength: 100, seed: 3});
  const sizes = model.getLayer('first').trainableWeights.map(weight => weight.read().size);
  const direction = penalty.direction({step: 1, block: 'layer 0', sizes});
  const {gradient} = await quadraticForm(model, batch, {layer: 'first', direction});
  const plain = gradientOfStep(model, batch);
  const {detach} = attachRegularizer(model, penalty, {layers: ['first']});
  const penalized = gradientOfStep(model, batch);
  detach();
  return {product, formGradient: [...gradient.dataSync()], penaltyGradient: minus(penalized, plain, 100)};
}

function smallModel(layer: layers.layers.Layer, shape: readonly number[], activation: 'tanh' | 'sigmoid') {
  const random = (seed: number) => layers.initializers.randomNormal({stddev: 0.7, seed});
  const model = layers.sequential({
    layers: [
      of.dense({name: 'first', units: 3, inputShape: [...shape, 2], activation, kernelInitializer: random(1)}),
      layer,
      ...(layer.getClassName().startsWith('Global') ? [] : [of.flatten()]),
      of.dense({name: 'last', units: 2, activation: 'softmax', kernelInitializer: random(2)}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  return model;
}

function smallBatch(shape: readonly number[]) {
  const bits = randomBits(7, 0);
  const size = shape.reduce((a, b) => a * b, 3 * 2);
  const x = Array.from({length: size}, () => 2 * uniform(bits) - 1);
  return {x: tf.tensor(x, [3, ...shape, 2]), y: tf.tensor2d([[1, 0], [0, 1], [1, 0]])}; // biome-ignore format: rows
}

// A forward pass of the penalty's own is run where it is needed alone.
describe.each(['cpu', 'wasm'] as const)('on %s the penalty has a tape of its own', engine => {
  beforeAll(() => useEngine(engine));

  const pooled = (size: number) => ({
    layer: () => of.averagePooling2d({poolSize: 2, ...overEdge}),
    shape: [size, 4],
    repeated: false,
  });
  const maxima = (repeated: boolean) => ({layer: () => of.globalMaxPooling1d({}), shape: [5], repeated});

  it.each([
    {...pooled(5), kernel: 'AvgPool', passes: 2, name: 'where windows reach over the edge'},
    {...pooled(6), kernel: 'AvgPool', passes: 1, name: 'not where they do not'},
    {...maxima(true), kernel: 'Max', passes: 2, name: 'where elements tie for a maximum'},
    {...maxima(false), kernel: 'Max', passes: 1, name: 'not where none do'},
  ])('$name, and leaves no tensor behind', ({layer, shape, kernel, passes, repeated}) => {
    const model = smallModel(layer(), shape, 'tanh');
    const {x, y} = smallBatch(shape);
    const first = tf.slice(x, [0, 0], [-1, 1]);
    const batch = {x: repeated ? tf.tile(first, [1, shape[0]!, 1]) : x, y};
    const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 0.1}), {layers: ['first']});
    gradientOfStep(model, batch);
    const {numTensors} = tf.memory();
    // The first of a pool's kernels runs forward, and the jet of an average is one of an average again.
    const kernels = namesOfKernels(() => runStep(model, batch)).filter(name => name === kernel);
    const jets = kernel === 'AvgPool' ? 2 : 0;
    expect(kernels).toHaveLength(passes + jets);
    expect(tf.memory().numTensors).toBe(numTensors);
    detach();
  });
});
