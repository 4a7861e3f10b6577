import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {onTrainBegin} from '../../src/callbacks/schedules.js';
import {InvalidArgumentError, UnsupportedKernelError, UnsupportedLayerError} from '../../src/errors.js';
import {fisher} from '../../src/operators/fisher.js';
import {gaussNewton} from '../../src/operators/gauss-newton.js';
import {hessian} from '../../src/operators/hessian.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {useEngine} from '../engines.js';

const {layers} = tfl;
const dense = () => layers.dense({units: 4});
const conv = () => layers.conv2d({filters: 2, kernelSize: 1});

/** A model with a layer in the middle that is called `limit`; `nested`: inside a model `inner`. */
function build(inputShape: number[], make: () => tfl.layers.Layer[], nested = false): LayersModel {
  const chain = (input: SymbolicTensor, all: tfl.layers.Layer[]) =>
    all.reduce<SymbolicTensor>((h, layer) => layer.apply(h) as SymbolicTensor, input);
  const input = tfl.input({shape: inputShape});
  let body = make();
  if (nested) {
    const innerInput = tfl.input({shape: inputShape});
    body = [tfl.model({inputs: innerInput, outputs: chain(innerInput, body), name: 'inner'}) as never];
  }
  const model = tfl.model({inputs: input, outputs: chain(input, [...body, layers.dense({units: 2, name: 'out'})])});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

const name = 'limit';
const limits: [string, number[], () => tfl.layers.Layer[], RegExp][] = [
  [
    'BatchNormalization without scale',
    [4],
    () => [dense(), layers.batchNormalization({scale: false, name})],
    /scale: false.*gamma of ones/,
  ],
  [
    'BatchNormalization without center',
    [4],
    () => [dense(), layers.batchNormalization({center: false, name})],
    /center: false.*beta of zeros/,
  ],
  [
    'LayerNormalization without scale',
    [4],
    () => [dense(), layers.layerNormalization({scale: false, name})],
    /scale: false.*gamma of ones/,
  ],
  [
    'LayerNormalization without center',
    [4],
    () => [dense(), layers.layerNormalization({center: false, name})],
    /center: false.*beta of zeros/,
  ],
  [
    'BatchNormalization over axis 1',
    [3, 3, 2],
    () => [conv(), layers.batchNormalization({axis: 1, name}), layers.flatten()],
    /axis 1.*permute/,
  ],
  [
    'BatchNormalization over axis -2',
    [3, 3, 2],
    () => [conv(), layers.batchNormalization({axis: -2, name}), layers.flatten()],
    /axis -2.*permute/,
  ],
];

async function errorOf(work: () => Promise<unknown>): Promise<Error> {
  const before = tf.memory().numTensors;
  const error = await work().then(
    () => null,
    (thrown: Error) => thrown,
  );
  expect(error).not.toBeNull();
  expect(tf.memory().numTensors).toBe(before);
  return error!;
}

describe.each(['native', 'cpu', 'wasm'] as const)('On %s', engine => {
  beforeAll(() => useEngine(engine));

  it.each(limits)('%s: the error names the layer and a way out, in every function', async (_, shape, make, message) => {
    for (const nested of [false, true]) {
      const model = build(shape, make, nested);
      const path = nested ? 'inner/limit' : 'limit';
      const batch = {x: tf.ones([3, ...shape]), y: tf.ones([3, 2])};
      for (const work of [
        () => hessian(model, batch),
        () => hessian(model, {...batch, training: false}),
        () => gaussNewton(model, batch),
        () => fisher(model, batch),
        async () => attachRegularizer(model, new HessianTraceRegularizer({strength: 1})),
      ]) {
        const error = await errorOf(work);
        expect(error).toBeInstanceOf(UnsupportedLayerError);
        expect(error.message).toMatch(message);
        expect(error.message).toMatch(new RegExp(`^TensorFlow\\.js itself cannot train layer "${path}"`));
        expect((error as UnsupportedLayerError).layerName).toBe(path);
        expect(error.cause).toBeInstanceOf(Error);
      }
    }
  });
});

describe('A missing kernel or gradient', () => {
  const lacking: [string, number[], () => tfl.layers.Layer[], string][] = [
    [
      'a convolution',
      [4, 4, 1],
      () => [layers.conv2d({filters: 2, kernelSize: 2, name}), layers.flatten()],
      'Conv2DBackpropFilter',
    ],
    [
      'the last of several convolutions, to which the backward pass comes first',
      [4, 4, 1],
      () => [
        conv(),
        layers.averagePooling2d({poolSize: 2}),
        layers.conv2d({filters: 2, kernelSize: 1, name}),
        layers.flatten(),
      ],
      'Conv2DBackpropFilter',
    ],
    [
      'a depthwise convolution',
      [4, 4, 1],
      () => [layers.depthwiseConv2d({kernelSize: 2, name}), layers.flatten()],
      'DepthwiseConv2dNativeBackpropFilter',
    ],
    [
      'an embedding',
      [4],
      () => [layers.embedding({inputDim: 3, outputDim: 2, name}), layers.flatten()],
      'UnsortedSegmentSum',
    ],
  ];

  it.each(lacking)(
    'wasm: for %s the error names the kernel, the layer and a way out',
    async (_, shape, make, kernel) => {
      await useEngine('wasm');
      const model = build(shape, make);
      const batch = {x: tf.ones([2, ...shape]), y: tf.ones([2, 2])};
      for (const work of [() => hessian(model, batch), () => gaussNewton(model, batch)]) {
        const error = await errorOf(work);
        expect(error).toBeInstanceOf(UnsupportedKernelError);
        expect(error).toMatchObject({kernelName: kernel, layerName: 'limit'});
        expect(error.message).toMatch(/engine "wasm" has no kernel .* \(layer "limit"\)\. Use another engine/);
      }
    },
  );

  it('for a dilated convolution and a kernel without gradient, the error names the layer', async () => {
    await useEngine('native');
    for (const [shape, make] of [
      [[5, 5, 1], () => [layers.conv2d({filters: 2, kernelSize: 2, dilationRate: 2, name}), layers.flatten()]],
      [[5, 5, 1], () => [layers.separableConv2d({filters: 2, kernelSize: 2, dilationRate: 2, name}), layers.flatten()]],
      [[4], () => [dense(), layers.thresholdedReLU({name})]],
    ] as [number[], () => tfl.layers.Layer[]][]) {
      const model = build(shape, make);
      const batch = {x: tf.ones([2, ...shape]), y: tf.ones([2, 2])};
      for (const work of [() => hessian(model, batch), () => gaussNewton(model, batch)]) {
        const error = await errorOf(work);
        expect(error).toBeInstanceOf(UnsupportedKernelError);
        expect(error.message).toMatch(/^TensorFlow\.js itself cannot train this \(layer "limit"\): /);
      }
    }
  });

  it('a bilinear resize of non-square images has the right Hessian on cpu, and no penalty', async () => {
    const make = () => [
      layers.conv2d({
        filters: 2,
        kernelSize: 2,
        activation: 'tanh',
        kernelInitializer: tfl.initializers.glorotNormal({seed: 1}),
      }),
      layers.upSampling2d({size: [2, 2], interpolation: 'bilinear', name}),
      layers.conv2d({
        filters: 1,
        kernelSize: 2,
        activation: 'tanh',
        kernelInitializer: tfl.initializers.glorotNormal({seed: 2}),
      }),
      layers.flatten(),
    ];
    const products: number[][] = [];
    for (const engine of ['native', 'cpu'] as const) {
      await useEngine(engine);
      const model = build([3, 5, 1], make);
      model.layers.at(-1)!.setWeights(
        model.layers
          .at(-1)!
          .getWeights()
          .map(weight => tf.fill(weight.shape, 0.1)),
      );
      const batch = {x: tf.randomNormal([2, 3, 5, 1], 0, 1, 'float32', 3), y: tf.ones([2, 2])};
      const H = await hessian(model, batch);
      products.push([...H.matvec(tf.ones([H.size])).dataSync()]);
      H.dispose();
      if (engine === 'native') continue;
      const error = await errorOf(async () => attachRegularizer(model, new HessianTraceRegularizer({strength: 1})));
      expect(error).toBeInstanceOf(UnsupportedKernelError);
      expect(error.message).toMatch(/"cpu".*layer "limit".*height and width exchanged.*Use another engine/);
    }
    const norm = Math.hypot(...products[0]!);
    expect(norm).toBeGreaterThan(0.1);
    // float32, by two engines.
    expect(Math.hypot(...products[0]!.map((value, i) => value - products[1]![i]!)) / norm).toBeLessThan(1e-5);
  });

  it('a callback reports it as a failure, while training fails with the error of TensorFlow.js', async () => {
    await useEngine('native');
    const model = build([4], () => [dense(), layers.batchNormalization({scale: false, name})]);
    const [x, y] = [tf.ones([4, 4]), tf.ones([4, 2])];
    const curvature = new HessianSpectrumCallback({schedule: onTrainBegin(), batch: {x, y}});
    const failures: Error[] = [];
    curvature.failures$.subscribe(({error}) => failures.push(error));
    await expect(model.fit(x, y, {verbose: 0, callbacks: [curvature]})).rejects.toThrow(TypeError);
    expect(failures).toEqual([expect.any(UnsupportedLayerError)]);
  });

  it('an error of the user stays as it is', async () => {
    const model = build([4], () => [dense()]);
    model.compile({
      optimizer: 'sgd',
      loss: () => {
        throw new RangeError('mine');
      },
    });
    const batch = {x: tf.ones([1, 4]), y: tf.ones([1, 2])};
    const error = await errorOf(() => hessian(model, batch));
    expect(error).toBeInstanceOf(RangeError);
    const [one, variable] = [tf.scalar(1), tf.variable(tf.ones([1]))];
    const nothing = await errorOf(() => hessian(() => tf.clone(one), [variable]));
    expect(nothing).toBeInstanceOf(InvalidArgumentError);
    expect(nothing.message).toMatch(/not differentiable in any of the variables/);
  });
});
